{#- What a reading tells, and where it comes from, as one number. -#}
{%- macro reading_print() -%}
    {{ fingerprint_of([
        'meter_number', 'read_at', 'kwh', 'voltage', 'quality', 'is_repeated', 'is_conflicting', 'batch_no'
    ]) }}
{%- endmacro -%}
