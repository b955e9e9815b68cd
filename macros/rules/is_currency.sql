{#- Whether a text is a currency code, whatever its capitals; null where there is no text. -#}
{%- macro is_currency(text) -%}
    upper(trim({{ text }})) in ('{{ currency_codes() | join("', '") }}')
{%- endmacro -%}
