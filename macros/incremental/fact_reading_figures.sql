{#- By what the hours of `int_validated_readings` and those held in `fct_readings` are compared: all that is read from them. -#}
{%- macro fact_reading_figures() -%}
    {%- set in_hour = '(1 << hour_of_day)' -%}
    {%- set held_hour = '(1 << time_key)' -%}
    {%- set figures = {
        'hours': ['1', '1'],
        'kwh': ['coalesce(kwh, 0)', 'coalesce(kwh, 0)'],
        'voltage': ['coalesce(voltage, 0)', 'coalesce(voltage, 0)'],
        'validated_kwh': ['coalesce(validated_kwh, 0)', 'coalesce(validated_kwh, 0)'],
        'method_letters': ['length(validation_method)', 'length(validation_method)'],
        'quality_letters': ['coalesce(length(quality), 0)', 'coalesce(length(quality), 0)'],
    } -%}
    {%- for flag in [
        'is_expected', 'is_missing', 'is_duplicate', 'is_negative', 'is_spike', 'is_zero_run', 'is_voltage_sag',
        'is_reverse_energy', 'is_estimated', 'is_in_outage',
    ] -%}
        {%- do figures.update({flag: [
            'case when ' ~ flag ~ ' then ' ~ in_hour ~ ' else 0 end',
            'case when ' ~ flag ~ ' then ' ~ held_hour ~ ' else 0 end',
        ]}) -%}
    {%- endfor -%}
    {{ return(figures) }}
{%- endmacro -%}
