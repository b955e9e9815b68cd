with source as (

    select * from {{ source('ground_truth', 'faults') }}

),

final as (

    select
        -- ids
        fault_id,
        rule,
        entity_type,
        entity_id,
        account_id,
        period_start,

        -- attributes
        cause,
        currency,

        -- amounts
        amount,

        -- dates
        observable_from,
        ends_on
    from source

)

select * from final
