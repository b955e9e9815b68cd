{#- Before rows are added to a model kept by whole meters: deletes every meter whose rows were built from other readings
    than there are now. -#}
{%- macro delete_changed_meters() -%}
{%- if is_incremental() -%}
delete from {{ this }}
where meter_number in (

    with wanted as ({{ derived_meter_prints() }}
    ),

    held as (
        select
            meter_number,
            min(meter_print) as first_print,
            max(meter_print) as last_print
        from {{ this }}
        group by meter_number
    )

    select held.meter_number
    from held
    left join wanted on held.meter_number = wanted.meter_number
    where
        held.first_print is distinct from wanted.meter_print
        or held.last_print is distinct from wanted.meter_print
)
{%- endif -%}
{%- endmacro -%}
