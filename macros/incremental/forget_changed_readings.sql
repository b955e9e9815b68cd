{#- Before new readings are added: every batch that is no longer as it was held goes, and every day of a meter on
    which a reading became, or ceased to be, one of several. What is then not held is read again. -#}
{%- macro forget_changed_readings() -%}
{%- if is_incremental() -%}
{%- set figures = [
    'rows_count', 'known_rows', 'read_rows', 'kwh', 'voltage', 'quality_letters', 'days', 'hours', 'minutes'
] -%}
{%- set repeat = ['batch_no', 'meter_number', 'read_at', 'kwh', 'voltage', 'quality', 'is_conflicting', 'is_kept'] %}
delete from {{ this }}
where
    coalesce(batch_no, -1) in (

        with meters as (
            select meter_number as known_number
            from {{ ref('stg_metering__meters') }}
            where is_accepted
            group by meter_number
        ),

        landed as (
            select
                _batch_no as batch_no,
                {{ reading_batch_figures('known_number is not null') }}
            from {{ source('raw_metering', 'readings') }}
            left join meters on meter_number = known_number
            group by _batch_no
        ),

        held as (
            select
                batch_no,
                {{ reading_batch_figures(
                    "coalesce(rejection_reasons, '') not like '%unknown_meter%' and meter_number is not null"
                ) }}
            from {{ this }}
            group by batch_no
        )

        select coalesce(held.batch_no, -1)
        from held
        left join landed on coalesce(held.batch_no, -1) = coalesce(landed.batch_no, -1)
        where
            {% for figure in figures -%}
            held.{{ figure }} is distinct from landed.{{ figure }}
            {%- if not loop.last %} or {% endif %}
            {% endfor %}

    )
    or (meter_number, read_on) in (

        with landed as (
            select
                _batch_no as batch_no, meter_number, read_at, kwh, voltage, quality, is_conflicting,
                key_rank = 1 as is_kept
            from {{ ref('stg_metering__reading_repeats') }}
        ),

        held as (
            select
                batch_no, meter_number, read_at, kwh, voltage, quality, is_conflicting, kept_key is null as is_kept
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
