-- What the rules find on the as-of date, each by itself: a case that another rule owns counts as
-- found. A rule that cannot tell the period is scored by the entity: all its periods are one case.

with claims as (

    select * from {{ ref('int_leakage_claims') }}
    where resolved_on is null

),

findings as (

    select * from {{ ref('int_findings') }}

),

rules as (

    select * from {{ ref('int_scored_rules') }}

),

estimated_periods as (

    select * from {{ ref('int_usage_periods') }}
    where is_from_readings

),

-- a ghost of usage derived from readings is priced by an estimate
found as (

    select
        claims.rule,
        claims.entity_type,
        claims.entity_id,
        claims.period_start,
        cast(claims.amount as decimal(18, 2)) as amount,
        claims.currency,
        estimated_periods.account_id is not null as is_estimated
    from claims
    left join estimated_periods
        on
        claims.rule = 'ghost'
        and claims.entity_type = 'account'
        and claims.entity_id = estimated_periods.account_id
        and claims.period_start = estimated_periods.period_start
    union all
    select
        rule,
        entity_type,
        entity_id,
        period_start,
        amount,
        currency,
        false as is_estimated
    from findings

),

by_period as (

    select
        found.*,
        case when rules.is_scored_by_period then found.period_start end as scored_period,
        rules.is_amount_exact and not found.is_estimated as is_amount_exact
    from found
    inner join rules
        on found.rule = rules.rule

),

final as (

    select
        rule,
        entity_type,
        entity_id,
        scored_period,
        sum(amount) as amount,
        max(currency) as currency,
        bool_and(is_amount_exact) as is_amount_exact
    from by_period
    group by rule, entity_type, entity_id, scored_period

)

select * from final
