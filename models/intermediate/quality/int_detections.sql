with cases as (

    select * from {{ ref('int_leakage_cases') }}

),

rules as (

    select * from {{ ref('int_leakage_rules') }}

),

findings as (

    select * from {{ ref('int_findings') }}

),

usage_periods as (

    select * from {{ ref('int_usage_periods') }}
    where is_from_readings

),

final as (

    -- a case that another rule owns still counts as found; a ghost of usage derived from readings
    -- is priced by an estimate
    select
        cases.rule,
        cases.entity_type,
        cases.entity_id,
        cases.period_start,
        cases.claimed_amount as amount,
        cases.currency,
        rules.is_amount_exact and usage_periods.account_id is null as is_amount_exact
    from cases
    inner join rules
        on cases.rule = rules.rule
    left join usage_periods
        on
        cases.rule = 'ghost'
        and cases.entity_type = 'account'
        and cases.entity_id = usage_periods.account_id
        and cases.period_start = usage_periods.period_start
    where cases.status in ('open', 'superseded')
    union all
    select
        rule,
        entity_type,
        entity_id,
        period_start,
        amount,
        currency,
        true as is_amount_exact
    from findings

)

select * from final
