{#- The alert on a status word that is not in `status_words`, otherwise null. It names the word, so that it can be
    mapped; a word that does not look like a status (too long, control characters, an address) is not shown. -#}
{%- macro unknown_status(word) -%}
    {%- set known = status_words().values() | sum(start=[]) -%}
    case
        when {{ plain_word(word) }} in ('{{ known | join("', '") }}') then null
        when {{ looks_like_a_word(word) }} then 'unknown_status:' || trim({{ word }})
        when {{ plain_word(word) }} is not null then 'unknown_status'
    end
{%- endmacro -%}
