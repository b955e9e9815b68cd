{#- Every reason that applies to a landed row, joined by commas, or null for a row without fault.
    `checks` maps a reason to the condition under which it applies; what `load` found comes first. -#}
{%- macro rejection_reasons(checks) -%}
    nullif(
        concat_ws(
            ',',
            _load_reasons
            {%- for reason, condition in checks.items() %},
            case when {{ condition }} then '{{ reason }}' end
            {%- endfor %}
        ),
        ''
    )
{%- endmacro -%}
