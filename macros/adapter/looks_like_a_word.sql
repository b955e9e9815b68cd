{#- Whether a text may be shown as a source's word: letters and digits with plain marks between them, at most 32
    characters, digits alone at most 3. -#}
{%- macro looks_like_a_word(text) -%}
    {{ return(adapter.dispatch('looks_like_a_word', 'revenue_assurance')(text)) }}
{%- endmacro -%}

{%- macro default__looks_like_a_word(text) -%}
    length(trim({{ text }})) <= 32
    and trim({{ text }}) rlike '^[\\p{L}\\p{N}][\\p{L}\\p{N} _./()-]*$'
    and (length(trim({{ text }})) <= 3 or {{ text }} rlike '\\p{L}')
{%- endmacro -%}

{%- macro duckdb__looks_like_a_word(text) -%}
    length(trim({{ text }})) <= 32
    and regexp_full_match(trim({{ text }}), '[\p{L}\p{N}][\p{L}\p{N} _./()-]*')
    and (length(trim({{ text }})) <= 3 or regexp_matches({{ text }}, '\p{L}'))
{%- endmacro -%}
