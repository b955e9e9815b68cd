with findings as (

    select * from {{ ref('int_findings') }}

),

final as (

    select
        rule,
        entity_type,
        entity_id,
        account_id,
        invoice_id,
        period_start,
        amount,
        currency,
        found_on,
        evidence
    from findings

)

select * from final
