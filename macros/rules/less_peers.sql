{#- A value less the median of its peers that day: those of its type, else of its rate schedule, else all. -#}
{%- macro less_peers(value) -%}
    centred.{{ value }} - case
        when type_days.meters >= {{ var('anomaly_min_peers') }} then type_days.{{ value }}
        when schedule_days.meters >= {{ var('anomaly_min_peers') }} then schedule_days.{{ value }}
        else all_days.{{ value }}
    end
{%- endmacro -%}
