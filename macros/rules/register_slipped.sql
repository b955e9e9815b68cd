{#- Whether a register value is a slip: below the one before it, or far above the one after, while those two increase. -#}
{%- macro register_slipped(kwh, kwh_before, kwh_after) -%}
    coalesce(
        {{ kwh_before }} <= {{ kwh_after }}
        and (
            {{ kwh }} < {{ kwh_before }}
            or {{ kwh }} - {{ kwh_after }}
            > ({{ kwh_after }} - {{ kwh_before }}) * {{ var('register_slip_factor') }}
        ),
        false
    )
{%- endmacro -%}
