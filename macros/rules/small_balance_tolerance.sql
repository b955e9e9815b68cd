{#- The open amount up to which an invoice is listed as a small balance and raises neither a case nor a call. By currency,
    from the var of this name; 0 for a currency that is not in it. -#}
{%- macro small_balance_tolerance(currency) -%}
    {%- set tolerances = var('small_balance_tolerance') or {} -%}
    {%- if tolerances -%}
        case {{ currency }}
            {%- for code, amount in tolerances.items() %}
            when '{{ code }}' then cast({{ amount }} as decimal(18, 2))
            {%- endfor %}
            else 0
        end
    {%- else -%}
        0
    {%- endif -%}
{%- endmacro -%}
