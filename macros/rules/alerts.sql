{#- Every oddity of a usable row, joined by commas, or null. `checks` maps an alert to its condition. -#}
{%- macro alerts(checks) -%}
    nullif(
        concat_ws(
            ','
            {%- for alert, condition in checks.items() %},
            case when {{ condition }} then '{{ alert }}' end
            {%- endfor %}
        ),
        ''
    )
{%- endmacro -%}
