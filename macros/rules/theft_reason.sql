{#- Why theft is suspected at a meter, in words: its trace, and the evidence for and against, columns of `suspect`. -#}
{%- macro theft_reason(suspect, trace) -%}
    concat_ws(
        '; ',
        case {{ suspect }}.{{ trace }}
            when 'none' then 'nothing stands out'
            when 'rollback'
                then 'register turned back on ' || {{ counted(suspect ~ '.rollback_days', 'day') }}
            when 'night' then 'nights fell to ' || {{ percent_of_log('-' ~ suspect ~ '.night_drop') }}
                || ' of before against the day'
            when 'level' then 'level fell to ' || {{ percent_of_log('-' ~ suspect ~ '.level_drop') }}
                || ' of before, that of its peers did not'
            when 'scatter'
                then 'far too low on and off, ' || {{ counted(suspect ~ '.scattered_lows', 'time') }}
            when 'night_peers' then 'nights are ' || {{ percent_of_log(suspect ~ '.night_off') }}
                || ' of those of its peers against the day'
            else 'registers ' || {{ percent_of_log(suspect ~ '.load_off') }}
                || ' of what its peers do for their load'
        end,
        case
            when {{ suspect }}.{{ trace }} = 'level' and {{ suspect }}.balance >= 1 then 'its feeder loses as much more'
            when {{ suspect }}.{{ trace }} = 'level' and {{ suspect }}.balance <= -1 then 'its feeder does not lose it'
        end,
        case when {{ suspect }}.{{ trace }} = 'level' and {{ suspect }}.tamper_days > 0 then 'its seal was touched then' end,
        case when {{ suspect }}.{{ trace }} in ('level', 'peers') and {{ suspect }}.sag_off >= 0.02 then 'its voltage sags' end
    )
{%- endmacro -%}
