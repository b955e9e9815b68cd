{#- The currency of what states none and belongs to nothing that does, as a literal. -#}
{%- macro default_currency() -%}
    {%- set code = var('default_currency') -%}
    {%- if code not in currency_codes() -%}
        {{ exceptions.raise_compiler_error(
            "the var default_currency is '" ~ code ~ "': write a code of ISO 4217 like USD"
        ) }}
    {%- endif -%}
    '{{ code }}'
{%- endmacro -%}
