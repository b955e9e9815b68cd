{#- What a reading tells, and where it comes from, as one number; `also` names further columns. -#}
{%- macro reading_print(also=[]) -%}
    {{ fingerprint_of([
        'meter_number', 'read_at', 'kwh', 'voltage', 'quality', 'is_repeated', 'is_conflicting', 'batch_no'
    ] + also) }}
{%- endmacro -%}
