{#- The status that a source's word means; null stays null, and an unrecognised word counts as `unknown`. Statuses are
    only read through this macro. -#}
{%- macro status_of(word, unknown="'Active'") -%}
    {%- set plain = plain_word(word) -%}
    case
        {%- for status, words in status_words().items() %}
        when {{ plain }} in ('{{ words | join("', '") }}') then '{{ status }}'
        {%- endfor %}
        when {{ plain }} is not null then {{ unknown }}
    end
{%- endmacro -%}
