{#- A value of `own` less the median of its peers that day: of the first of several groups of peers that has enough meters,
    else of the last one, whatever its size. -#}
{%- macro less_peers(value, own, peers) -%}
    {{ own }}.{{ value }} - case
        {%- for group in peers[:-1] %}
        when {{ group }}.meters >= {{ var('anomaly_min_peers') }} then {{ group }}.{{ value }}
        {%- endfor %}
        else {{ peers[-1] }}.{{ value }}
    end
{%- endmacro -%}
