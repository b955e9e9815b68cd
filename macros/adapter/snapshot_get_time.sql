{#- Snapshots run on the clock of the extracts, the day of the last batch, never on the machine's. -#}
{%- macro snapshot_get_time() -%}
    (
        select cast(max(as_of_date) as timestamp)
        from {{ source('raw_control', 'extract_batches') }}
    )
{%- endmacro -%}
