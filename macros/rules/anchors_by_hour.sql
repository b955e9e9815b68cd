{#- The energies of a day that estimates may rest on, as an array of 24; null for the other hours. -#}
{%- macro anchors_by_hour(kwh_by_hour, anchor_hours) -%}
    {%- set hours = [] -%}
    {%- for hour in range(24) -%}
        {%- do hours.append(
            '\n            case when (' ~ anchor_hours ~ ' & ' ~ 2 ** hour ~ ') > 0 then ' ~ element_of(kwh_by_hour, hour) ~ ' end'
        ) -%}
    {%- endfor -%}
    {{ array_of(hours) }}
{%- endmacro -%}
