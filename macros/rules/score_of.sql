{#- A score between 0 and 1 from its log-odds, which are kept where the exponential is tame. -#}
{%- macro score_of(log_odds) -%}
    cast(1 / (1 + exp(-{{ clamp(log_odds, '-20', '20') }})) as decimal(5, 4))
{%- endmacro -%}
