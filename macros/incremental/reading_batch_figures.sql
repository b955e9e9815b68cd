{#- What a batch of readings is known by, raw or held: no two versions of a batch are taken for each other
    unless all of this agrees. `is_known` tells rows of meters there are. -#}
{%- macro reading_batch_figures(is_known) -%}
    count(*) as rows_count,
    count(case when {{ is_known }} then 1 end) as known_rows,
    count(kwh) as read_rows,
    sum(kwh) as kwh,
    sum(voltage) as voltage,
    sum(length(quality)) as quality_letters,
    sum({{ day_number('cast(read_at as date)') }}) as days,
    sum(extract(hour from read_at)) as hours,
    sum(extract(minute from read_at)) as minutes
{%- endmacro -%}
