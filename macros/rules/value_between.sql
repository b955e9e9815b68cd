{#- The value of an hour on the straight line between the nearest ones of the day before and after it, if no more than
    `max_hours` lie between them; otherwise null. -#}
{%- macro value_between(values_by_hour, hour, max_hours) -%}
    case
        {%- for before in range(1, max_hours + 1) %}
        when {{ element_of(values_by_hour, hour ~ ' - ' ~ before) }} is not null then case
            {%- for after in range(1, max_hours + 2 - before) %}
            when {{ element_of(values_by_hour, hour ~ ' + ' ~ after) }} is not null
                then (
                    cast({{ element_of(values_by_hour, hour ~ ' - ' ~ before) }} as double) * {{ after }}
                    + cast({{ element_of(values_by_hour, hour ~ ' + ' ~ after) }} as double) * {{ before }}
                ) / {{ before + after }}
            {%- endfor %}
        end
        {%- endfor %}
    end
{%- endmacro -%}
