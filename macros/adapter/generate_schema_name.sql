{#- A folder's schema is its name, without the target's prefix: people query `core.fct_invoices`. -#}
{%- macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro -%}
