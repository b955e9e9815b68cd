{#- The energies of a day's hours that were taken as read while there was supply, null for the others. -#}
{%- macro anchors_by_hour() -%}
    {%- set hours = [] -%}
    {%- for hour in range(24) -%}
        {%- do hours.append(
            '\n            case when (trusted_hours & ~(outage_hours | off_hours) & ' ~ 2 ** hour ~ ') > 0 then '
            ~ element_of('kwh_by_hour', hour) ~ ' end'
        ) -%}
    {%- endfor -%}
    {{ return(hours) }}
{%- endmacro -%}
