{#- A word of a source as `status_words` writes it: without capitals, blanks, hyphens and underscores. -#}
{%- macro plain_word(word) -%}
    nullif(replace(replace(replace(lower({{ word }}), ' ', ''), '-', ''), '_', ''), '')
{%- endmacro -%}
