{#- No meter has two rows for one hour: equivalent to a unique key, but checked by day, which is 24 times fewer rows. -#}
{% test one_row_an_hour(model, moment) %}

select
    meter_number,
    cast({{ moment }} as date) as day_of_hours,
    count(*) as rows_count
from {{ model }}
group by meter_number, cast({{ moment }} as date)
having count(*) > bit_count(bit_or({{ hour_bit(moment) }}))

{% endtest %}
