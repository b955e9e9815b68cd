{#- A score between 0 and 1 from its log-odds, which are clamped so that the exponential does not overflow. -#}
{%- macro score_of(log_odds) -%}
    cast(1 / (1 + exp(-{{ clamp(log_odds, '-20', '20') }})) as decimal(5, 4))
{%- endmacro -%}
