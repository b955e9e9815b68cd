{#- Why theft is suspected at a meter, in words: its trace, and the evidence for and against. -#}
{%- macro theft_reason(trace) -%}
    concat_ws(
        '; ',
        case {{ trace }}
            when 'none' then 'nothing stands out'
            when 'rollback'
                then 'register turned back on ' || {{ counted('rollback_days', 'day') }}
            when 'night' then 'nights fell to ' || {{ percent_of_log('-night_drop') }}
                || ' of before against the day'
            when 'level' then 'level fell to ' || {{ percent_of_log('-level_drop') }}
                || ' of before, that of its peers did not'
            when 'scatter'
                then 'far too low on and off, ' || {{ counted('scattered_lows', 'time') }}
            when 'night_peers' then 'nights are ' || {{ percent_of_log('night_off') }}
                || ' of those of its peers against the day'
            else 'registers ' || {{ percent_of_log('load_off') }}
                || ' of what its peers do for their load'
        end,
        case
            when {{ trace }} = 'level' and balance >= 1 then 'its feeder loses as much more'
            when {{ trace }} = 'level' and balance <= -1 then 'its feeder does not lose it'
        end,
        case when {{ trace }} = 'level' and tamper_days > 0 then 'its seal was touched then' end,
        case when {{ trace }} in ('level', 'peers') and sag_off >= 0.02 then 'its voltage sags' end
    )
{%- endmacro -%}
