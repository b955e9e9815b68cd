{#- By what the hours of `int_validated_readings` and a day held in `int_daily_consumption` are compared. -#}
{%- macro daily_consumption_figures() -%}
    {%- set ones = {} -%}
    {%- for figure, condition in {
        'hours_expected': 'is_expected',
        'hours_read': 'is_expected and kwh is not null',
        'hours_valid': "validation_method = 'as_read'",
        'hours_estimated': "validation_method in ('interpolated', 'profile_estimate')",
        'outage_hours': 'is_in_outage',
        'negative_hours': 'is_negative',
        'spike_hours': 'is_spike',
        'zero_run_hours': 'is_zero_run',
        'sag_hours': 'is_voltage_sag',
        'reverse_hours': 'is_reverse_energy',
        'duplicate_hours': 'is_duplicate',
    }.items() -%}
        {%- do ones.update({figure: ['case when ' ~ condition ~ ' then 1 else 0 end', figure]}) -%}
    {%- endfor -%}
    {%- do ones.update({
        'hours_held': ['1', 'hours_held'],
        'kwh_valid': ["case when validation_method = 'as_read' then kwh else 0 end", 'kwh_valid'],
        'validated_kwh': ['coalesce(validated_kwh, 0)', 'coalesce(validated_kwh, 0)'],
        'night_kwh': ['case when hour_of_day < 6 then coalesce(validated_kwh, 0) else 0 end', 'night_kwh'],
        'negative_kwh': ['case when is_negative then kwh else 0 end', 'negative_kwh'],
    }) -%}
    {{ return(ones) }}
{%- endmacro -%}
