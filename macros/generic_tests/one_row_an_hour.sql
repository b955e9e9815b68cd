{#- No meter has two rows of one hour: as unique as its key, and told by days, of which there are 24 times fewer. -#}
{% test one_row_an_hour(model, moment) %}

select
    meter_number,
    cast({{ moment }} as date) as day_of_hours,
    count(*) as rows_count
from {{ model }}
group by meter_number, cast({{ moment }} as date)
having count(*) > bit_count(bit_or({{ hour_bit(moment) }}))

{% endtest %}
