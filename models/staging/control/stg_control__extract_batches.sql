with source as (

    select * from {{ source('raw_control', 'extract_batches') }}

),

final as (

    select
        -- ids
        batch_id,
        batch_no,

        -- attributes
        source,
        source like 'simulation%' as is_simulated,
        line_of_business,
        period_end_is,
        upper(trim(currency)) as currency,
        coalesce(status_holds = 'throughout', false) as has_status_throughout,

        -- dates
        as_of_date,
        covers_from,
        coalesce(covers_to, as_of_date) as covers_to,

        -- metadata
        loaded_at
    from source

)

select * from final
