{#- Before days of readings are added: deletes every day whose readings are no longer those it was built from. -#}
{%- macro delete_changed_days() -%}
{%- if is_incremental() -%}
delete from {{ this }}
where read_on in (

    with landed as (
        select
            read_on,
            count(*) as rows_count,
            sum({{ reading_print(['derived_from']) }}) as rows_print
        from {{ ref('int_hourly_readings') }}
        group by read_on
    ),

    held as (
        select
            read_on,
            sum(bit_count(landed_hours)) as rows_count,
            sum(readings_print) as rows_print
        from {{ this }}
        group by read_on
    )

    select held.read_on
    from held
    left join landed on held.read_on = landed.read_on
    where
        held.rows_count is distinct from landed.rows_count
        or held.rows_print is distinct from landed.rows_print
)
{%- endif -%}
{%- endmacro -%}
