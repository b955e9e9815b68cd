with cases as (

    select * from {{ ref('int_leakage_cases') }}

),

findings as (

    select * from {{ ref('int_findings') }}

),

final as (

    -- a case that another rule owns is found all the same
    select
        rule,
        entity_type,
        entity_id,
        period_start,
        claimed_amount as amount,
        currency
    from cases
    where status in ('open', 'superseded')
    union all
    select
        rule,
        entity_type,
        entity_id,
        period_start,
        amount,
        currency
    from findings

)

select * from final
