{#- A relation of `meter_number` and `read_on`: the days of meters of which the model holds nothing, all of them where it
    is made anew. `hours_held`, added up over the rows held, gives the hours they stand for; only days that lack
    some are compared meter by meter. `until` bounds the days. -#}
{%- macro unheld_meter_days(hours_held='1', until=none) -%}
{%- set bound = 'read_on <= ' ~ until if until else 'true' -%}
{%- if is_incremental() -%}
{%- set lacking_days -%}
    select wanted_days.read_on
    from (
        select read_on, sum(hours_wanted) as hours
        from {{ ref('int_meter_days') }}
        where {{ bound }}
        group by read_on
    ) as wanted_days
    left join (
        select read_on, sum({{ hours_held }}) as hours
        from {{ this }}
        group by read_on
    ) as held_days
        on wanted_days.read_on = held_days.read_on
    where wanted_days.hours != coalesce(held_days.hours, 0)
{%- endset %}
    select wanted.meter_number, wanted.read_on
    from {{ ref('int_meter_days') }} as wanted
    left join (
        select meter_number, read_on
        from {{ this }}
        where read_on in ({{ lacking_days }})
        group by meter_number, read_on
    ) as held
        on wanted.meter_number = held.meter_number and wanted.read_on = held.read_on
    where wanted.read_on in ({{ lacking_days }}) and held.meter_number is null
{%- else %}
    select meter_number, read_on
    from {{ ref('int_meter_days') }}
    where {{ bound }}
{%- endif -%}
{%- endmacro -%}
