{#- Whether the energy of an hour is what was told: nothing odd about it but, at most, the voltage. -#}
{%- macro is_taken_as_read() -%}
    (
        is_expected and kwh is not null and not is_conflicting and not is_negative
        and not is_reverse_energy and not is_estimated and not is_zero_run and not is_spike
    )
{%- endmacro -%}
