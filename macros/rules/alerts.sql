{#- Every alert on a usable row, joined by commas, or null. `checks` maps an alert to its condition; `named` are
    expressions that give an alert with its subject, `<alert>:<word>`, or null. -#}
{%- macro alerts(checks, named=[]) -%}
    nullif(
        concat_ws(
            ','
            {%- for alert, condition in checks.items() %},
            case when {{ condition }} then '{{ alert }}' end
            {%- endfor %}
            {%- for alert in named %},
            {{ alert }}
            {%- endfor %}
        ),
        ''
    )
{%- endmacro -%}
