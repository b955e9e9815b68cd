{#- The status a source's word stands for; null stays null, and a word nobody knows counts as `unknown`. Whoever reads
    a status reads it through this macro. -#}
{%- macro status_of(word, unknown="'Active'") -%}
    {%- set plain = plain_word(word) -%}
    case
        {%- for status, words in status_words().items() %}
        when {{ plain }} in ('{{ words | join("', '") }}') then '{{ status }}'
        {%- endfor %}
        when {{ plain }} is not null then {{ unknown }}
    end
{%- endmacro -%}
