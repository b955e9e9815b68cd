{#- The energy of `hour_of_day` on the straight line between the nearest anchors of the day before and after it, if no
    more than `hours` lie between them; otherwise null. -#}
{%- macro value_between(hours) -%}
    case
        {%- for before in range(1, hours + 1) %}
        when {{ element_of('anchors_by_hour', 'hour_of_day - ' ~ before) }} is not null then case
            {%- for after in range(1, hours + 2 - before) %}
            when {{ element_of('anchors_by_hour', 'hour_of_day + ' ~ after) }} is not null
                then (
                    cast({{ element_of('anchors_by_hour', 'hour_of_day - ' ~ before) }} as double) * {{ after }}
                    + cast({{ element_of('anchors_by_hour', 'hour_of_day + ' ~ after) }} as double) * {{ before }}
                ) / {{ before + after }}
            {%- endfor %}
        end
        {%- endfor %}
    end
{%- endmacro -%}
