{#- Before new readings are added: deletes every batch that has changed since it was stored, every reading whose meter
    became known or ceased to be, and every day of a meter on which a reading gained or lost a duplicate. What is then
    missing is read again. -#}
{%- macro delete_changed_readings() -%}
{%- if is_incremental() -%}
{%- set told = ['meter_number', 'read_at', 'kwh', 'voltage', 'quality'] -%}
{%- set repeat = ['batch_no'] + told + ['is_conflicting', 'is_kept'] %}
delete from {{ this }}
where
    coalesce(batch_no, -1) in (

        with landed as (
            select
                coalesce(_batch_no, -1) as unit_batch_no,
                count(*) as rows_count,
                sum({{ fingerprint_of(told + ['_file_no', '_source_line']) }}) as rows_print
            from {{ source('raw_metering', 'readings') }}
            group by coalesce(_batch_no, -1)
        ),

        held as (
            select
                coalesce(batch_no, -1) as unit_batch_no,
                count(*) as rows_count,
                sum({{ fingerprint_of(told + ['file_no', 'source_line']) }}) as rows_print
            from {{ this }}
            group by coalesce(batch_no, -1)
        )

        select held.unit_batch_no
        from held
        left join landed on held.unit_batch_no = landed.unit_batch_no
        where
            held.rows_count is distinct from landed.rows_count
            or held.rows_print is distinct from landed.rows_print

    )
    or meter_number in (

        with meters as (
            select meter_number
            from {{ ref('stg_metering__meters') }}
            where is_accepted
            group by meter_number
        ),

        held as (
            select
                meter_number,
                bool_or(coalesce(rejection_reasons, '') like '%unknown_meter%') as is_unknown
            from {{ this }}
            group by meter_number
        )

        select held.meter_number
        from held
        left join meters on held.meter_number = meters.meter_number
        where held.is_unknown != (meters.meter_number is null)

    )
    or (meter_number, read_on) in (

        with landed as (
            select
                _batch_no as batch_no, {{ told | join(', ') }}, is_conflicting,
                key_rank = 1 or is_off_the_hour as is_kept
            from {{ ref('stg_metering__reading_repeats') }}
        ),

        held as (
            select
                batch_no, {{ told | join(', ') }}, is_conflicting, kept_key is null as is_kept
            from {{ this }}
            where is_repeated
        ),

        counted as (
            select {{ repeat | join(', ') }}, 1 as copies from landed
            union all
            select {{ repeat | join(', ') }}, -1 as copies from held
        )

        select meter_number, cast(read_at as date)
        from counted
        group by {{ repeat | join(', ') }}
        having sum(copies) != 0

    )
{%- endif -%}
{%- endmacro -%}
