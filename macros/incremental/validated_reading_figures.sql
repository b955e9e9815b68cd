{#- By what a day of `int_meter_days` and the hours of it held in `int_validated_readings` are compared. -#}
{%- macro validated_reading_figures() -%}
    {%- set in_hour = '(1 << hour_of_day)' -%}
    {{ return({
        'hours_wanted': ['hours_wanted', '1'],
        'expected_hours': ['expected_hours', 'case when is_expected then ' ~ in_hour ~ ' else 0 end'],
        'landed_hours': ['landed_hours', 'case when batch_no is not null then ' ~ in_hour ~ ' else 0 end'],
        'outage_hours': ['outage_hours', 'case when is_in_outage then ' ~ in_hour ~ ' else 0 end'],
        'off_hours': ['off_hours', 'case when is_disconnected then ' ~ in_hour ~ ' else 0 end'],
        'outage_minutes': ['outage_minutes * hours_wanted', 'feeder_outage_minutes'],
        'plausible_kwh': ['coalesce(plausible_kwh, 0) * hours_wanted', 'coalesce(plausible_kwh, 0)'],
        'read_rows': ['read_rows', 'case when kwh is not null then 1 else 0 end'],
        'raw_kwh': ['raw_kwh', 'coalesce(kwh, 0)'],
        'raw_voltage': ['raw_voltage', 'coalesce(voltage, 0)'],
        'quality_letters': ['quality_letters', 'coalesce(length(quality), 0)'],
        'batch_total': ['batch_total', 'coalesce(batch_no, 0)'],
        'repeated_rows': ['repeated_rows', 'case when is_duplicate then 1 else 0 end'],
        'conflicting_rows': ['conflicting_rows', 'case when is_conflicting then 1 else 0 end'],
    }) }}
{%- endmacro -%}
