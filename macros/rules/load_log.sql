{#- Logarithm of the mean load in kW over hours with supply; null where there are too few of them. -#}
{%- macro load_log(kwh, hours) -%}
    case
        when {{ hours }} >= {{ var('anomaly_min_part_hours') }}
            then cast(
                ln(
                    greatest(
                        cast({{ kwh }} as double) / cast({{ hours }} as double),
                        {{ var('anomaly_min_kw') }}
                    )
                ) as decimal(9, 4)
            )
    end
{%- endmacro -%}
