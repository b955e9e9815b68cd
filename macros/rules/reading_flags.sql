{#- What is odd about a reading, beside what stands around it on its day. A zero without supply is as it should be;
    with supply, some in a row are no reading, nor are those of a day that tells nothing else. -#}
{%- macro reading_flags() -%}
    coalesce(kwh < 0 and quality is distinct from 'reverse', false) as is_negative,
    coalesce(quality = 'reverse', false) as is_reverse_energy,
    coalesce(quality = 'estimated', false) as is_estimated,
    coalesce(
        is_supplied and kwh = 0 and greatest(
            idle_hours, case when most_kwh = 0 then told_hours else 0 end
        ) >= {{ var('zero_run_min_hours') }},
        false
    ) as is_zero_run,
    coalesce(
        kwh > plausible_kwh
        or (
            kwh > {{ var('spike_min_kwh') }}
            and cast(kwh as double)
            > {{ var('spike_neighbour_factor') }} * cast(neighbour_kwh as double)
        ),
        false
    ) as is_spike,
    coalesce(
        is_supplied and voltage < {{ var('nominal_voltage') * var('voltage_sag_share') }}, false
    ) as is_voltage_sag
{%- endmacro -%}
