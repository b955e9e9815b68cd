with subscription_months as (

    select * from {{ ref('int_subscription_months') }}

),

usage_periods as (

    select * from {{ ref('int_usage_periods') }}

),

subscription_ghosts as (

    select
        'subscription' as entity_type,
        subscription_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        period_start,
        expected_amount as amount,
        currency,
        ghost_from,
        invoice_date,
        concat_ws(
            '; ',
            case
                when billed = 'in_arrears' then 'active through the period billed on '
                else 'active on billing date '
            end || cast(billing_date as {{ dbt.type_string() }}),
            'plan ' || plan_id,
            'expected ' || cast(expected_amount as {{ dbt.type_string() }}) || ' ' || currency
        ) as evidence
    from subscription_months
    where
        expected_amount > 0
        and ghost_from <= as_of_date
        and coalesce(invoice_date > ghost_from, true)

),

usage_ghosts as (

    select
        'account' as entity_type,
        account_id as entity_id,
        account_id,
        invoice_id,
        cast(null as {{ dbt.type_string() }}) as subscription_id,
        period_start,
        expected_amount as amount,
        currency,
        ghost_from,
        invoice_date,
        concat_ws(
            '; ',
            cast(usage_kwh as {{ dbt.type_string() }}) || ' kWh from '
            || cast(period_start as {{ dbt.type_string() }}) || ' to '
            || cast(billing_date as {{ dbt.type_string() }}),
            case amount_source
                when 'tariff' then coalesce('rate schedule ' || rate_schedule, 'several schedules')
                when 'last_bill' then 'no tariff known, charged as by bill ' || priced_by_invoice_id
                else 'no tariff and no earlier bill known'
            end,
            cast(cast(lowest_rate as decimal(18, 4)) as {{ dbt.type_string() }})
            || case
                when highest_rate > lowest_rate
                    then ' to ' || cast(
                        cast(highest_rate as decimal(18, 4)) as {{ dbt.type_string() }}
                    )
                else ''
            end || ' ' || currency || ' a kWh',
            'expected ' || cast(expected_amount as {{ dbt.type_string() }}) || ' ' || currency
        ) as evidence
    from usage_periods
    where
        is_chargeable
        and ghost_from <= as_of_date
        and coalesce(invoice_date > ghost_from, true)

),

fired as (

    select * from subscription_ghosts
    union all
    select * from usage_ghosts

),

final as (

    select
        'ghost' as rule,
        entity_type,
        entity_id,
        account_id,
        invoice_id,
        subscription_id,
        period_start,
        amount,
        currency,
        ghost_from as first_seen_on,
        invoice_date as resolved_on,
        case when invoice_date is not null then 'corrected' end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        concat_ws(
            '; ',
            evidence,
            coalesce(
                'billed late on ' || cast(invoice_date as {{ dbt.type_string() }}),
                'no invoice covers it'
            )
        ) as evidence
    from fired

)

select * from final
