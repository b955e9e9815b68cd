{#- A number of 32 bits that tells one combination of values from another, with one chance in four billion of being
    wrong. Only ever compared with one that the same engine made. -#}
{%- macro fingerprint_of(expressions) -%}
    {{ return(adapter.dispatch('fingerprint_of', 'revenue_assurance')(expressions)) }}
{%- endmacro -%}

{%- macro default__fingerprint_of(expressions) -%}
    shiftrightunsigned(xxhash64({{ expressions | join(', ') }}), 32)
{%- endmacro -%}

{%- macro duckdb__fingerprint_of(expressions) -%}
    cast(hash({{ expressions | join(', ') }}) >> 32 as bigint)
{%- endmacro -%}
