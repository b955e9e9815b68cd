{#- Whether a raw reading belongs to a batch, meter and day of which nothing is stored. Only batches that lack rows
    are compared meter by meter. `readings` is the alias of the raw rows. -#}
{%- macro is_missing_reading(readings) -%}
    {%- set lacking_batches -%}
        select coalesce(raw_batches.batch_no, -1)
        from (
            select
                _batch_no as batch_no,
                count(*) as rows_count
            from {{ source('raw_metering', 'readings') }}
            group by _batch_no
        ) as raw_batches
        left join (
            select
                batch_no,
                count(*) as rows_count
            from {{ this }}
            group by batch_no
        ) as held_batches
            on coalesce(raw_batches.batch_no, -1) = coalesce(held_batches.batch_no, -1)
        where raw_batches.rows_count != coalesce(held_batches.rows_count, 0)
    {%- endset -%}
    coalesce({{ readings }}._batch_no, -1) in ({{ lacking_batches }})
    and not exists (
        select 1
        from (
            select
                coalesce(batch_no, -1) as unit_batch_no,
                coalesce(meter_number, '') as unit_meter_number,
                coalesce(read_on, {{ end_of_time() }}) as unit_read_on
            from {{ this }}
            where coalesce(batch_no, -1) in ({{ lacking_batches }})
            group by 1, 2, 3
        ) as units
        where
            unit_batch_no = coalesce({{ readings }}._batch_no, -1)
            and unit_meter_number = coalesce({{ readings }}.meter_number, '')
            and unit_read_on = coalesce(cast({{ readings }}.read_at as date), {{ end_of_time() }})
    )
{%- endmacro -%}
