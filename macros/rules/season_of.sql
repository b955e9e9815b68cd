{#- The season of a day by its month, as `season_months` defines it. -#}
{%- macro season_of(day) -%}
    case
        {%- for season, months in var('season_months').items() %}
        when extract(month from {{ day }}) in ({{ months | join(', ') }}) then '{{ season }}'
        {%- endfor %}
    end
{%- endmacro -%}
