{#- A 32-bit hash of a combination of values: two combinations collide with a chance of one in four billion. Only ever
    compared with a hash from the same engine. -#}
{%- macro fingerprint_of(expressions) -%}
    {{ return(adapter.dispatch('fingerprint_of', 'revenue_assurance')(expressions)) }}
{%- endmacro -%}

{%- macro default__fingerprint_of(expressions) -%}
    shiftrightunsigned(xxhash64({{ expressions | join(', ') }}), 32)
{%- endmacro -%}

{%- macro duckdb__fingerprint_of(expressions) -%}
    cast(hash({{ expressions | join(', ') }}) >> 32 as bigint)
{%- endmacro -%}
