{#- What a register did from one value to the next: it counted, rolled over from the last to the first part of its range, was
    turned back by a part of its count within an hour, or restarted. -#}
{%- macro register_course(kwh, read_at, next_kwh, next_at, capacity_kwh) -%}
    case
        when {{ next_kwh }} >= {{ kwh }} then 'counted'
        when
            {{ capacity_kwh }} >= {{ var('register_min_capacity_kwh') }}
            and {{ kwh }} >= {{ capacity_kwh }} * (1 - {{ var('register_rollover_share') }})
            and {{ next_kwh }} <= {{ capacity_kwh }} * {{ var('register_rollover_share') }}
            then 'rolled_over'
        when
            {{ next_kwh }} > {{ kwh }} * {{ var('register_restart_share') }}
            and {{ next_at }} <= {{ dbt.dateadd('hour', 1, "date_trunc('hour', " ~ read_at ~ ")") }}
            then 'turned_back'
        else 'restarted'
    end
{%- endmacro -%}
