with cases as (

    select * from {{ ref('int_leakage_cases') }}

),

final as (

    select
        case_id,
        rule,
        direction,
        entity_type,
        entity_id,
        account_id,
        invoice_id,
        subscription_id,
        period_start,
        amount,
        currency,
        status,
        superseded_by,
        first_seen_on,
        resolved_on,
        end_cause,
        recovered_amount,
        evidence
    from cases

)

select * from final
