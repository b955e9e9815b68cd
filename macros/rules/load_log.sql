{#- Logarithm of the mean load in kW over some hours with supply. -#}
{%- macro load_log(kwh, hours) -%}
    cast(
        ln(
            greatest(
                cast({{ kwh }} as double) / cast({{ hours }} as double), {{ var('anomaly_min_kw') }}
            )
        ) as decimal(9, 4)
    )
{%- endmacro -%}
