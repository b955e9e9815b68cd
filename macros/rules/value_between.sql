{#- On the straight line between the nearest values of `values_around`, if no more hours than `hours` lie between them;
    otherwise null. -#}
{%- macro value_between(hours) -%}
    case
        {%- for before in range(1, hours + 1) %}
        when before_{{ before }} is not null then case
            {%- for after in range(1, hours + 2 - before) %}
            when after_{{ after }} is not null
                then (
                    cast(before_{{ before }} as double) * {{ after }}
                    + cast(after_{{ after }} as double) * {{ before }}
                ) / {{ before + after }}
            {%- endfor %}
        end
        {%- endfor %}
    end
{%- endmacro -%}
