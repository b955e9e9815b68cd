{#- A hash of a reading's content and of where it comes from; `also` names further columns. -#}
{%- macro reading_print(also=[]) -%}
    {{ fingerprint_of([
        'meter_number', 'read_at', 'kwh', 'voltage', 'quality', 'is_repeated', 'is_conflicting', 'batch_no'
    ] + also) }}
{%- endmacro -%}
