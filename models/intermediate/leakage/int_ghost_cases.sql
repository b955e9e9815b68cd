with subscription_months as (

    select * from {{ ref('int_subscription_months') }}

),

fired as (

    select *
    from subscription_months
    where
        expected_amount > 0
        and ghost_from <= as_of_date
        and coalesce(invoice_date > ghost_from, true)

),

final as (

    select
        'ghost' as rule,
        'subscription' as entity_type,
        subscription_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        period_start,
        expected_amount as amount,
        currency,
        ghost_from as first_seen_on,
        invoice_date as resolved_on,
        concat_ws(
            '; ',
            'active on billing date ' || cast(billing_date as {{ dbt.type_string() }}),
            'plan ' || plan_id,
            'expected ' || cast(expected_amount as {{ dbt.type_string() }}) || ' ' || currency,
            coalesce(
                'billed late on ' || cast(invoice_date as {{ dbt.type_string() }}),
                'no invoice covers it'
            )
        ) as evidence
    from fired

)

select * from final
