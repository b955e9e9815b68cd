{#- The thresholds by which readings are validated, as one text: other thresholds, other versions of the days. Those that
    limit a meter's calendar or its load take effect there. -#}
{%- macro validation_settings() -%}
    {%- set settings = [] -%}
    {%- for name in [
        'spike_neighbour_factor', 'spike_min_kwh', 'spike_min_other_hours', 'zero_run_min_hours', 'zero_habit_min_running_hours',
        'nominal_voltage', 'voltage_sag_share',
        'interpolation_max_hours', 'profile_days', 'sentinel_min_kwh', 'sentinel_min_negative_kwh',
        'reading_max_kwh',
    ] -%}
        {%- do settings.append(var(name)) -%}
    {%- endfor -%}
    '{{ settings | join(' ') }}'
{%- endmacro -%}
