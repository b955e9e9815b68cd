{#- what became of the part of a resolved amount that did not come in as cash -#}
{%- set end_columns = {
    'paid': 'carried_over_amount',
    'credited': 'credited_amount',
    'written_off': 'written_off_amount',
    'corrected': 'corrected_amount',
    'no_longer_served': 'given_up_amount',
} -%}

-- What was found, resolved and still open, month by month. Long because of its columns: those for
-- events of a month, and two running totals.

with cases as (

    select * from {{ ref('fct_leakage_cases') }}

),

months as (

    select * from {{ ref('int_months') }}
    where month_start <= {{ as_of_date() }}

),

-- a case opens in one month and is resolved in one; each is counted where it happened
happenings as (

    select
        rule,
        direction,
        currency,
        cast(date_trunc('month', first_seen_on) as date) as month_start,
        1 as new_cases,
        amount as new_amount,
        0 as resolved_cases,
        0 as resolved_amount,
        0 as recovered_amount,
        cast(null as {{ dbt.type_string() }}) as end_cause
    from cases
    union all
    select
        rule,
        direction,
        currency,
        cast(date_trunc('month', resolved_on) as date) as month_start,
        0 as new_cases,
        0 as new_amount,
        1 as resolved_cases,
        amount as resolved_amount,
        recovered_amount,
        end_cause
    from cases
    where resolved_on is not null

),

monthly as (

    select
        rule,
        direction,
        currency,
        month_start,
        sum(new_cases) as new_cases,
        sum(new_amount) as new_amount,
        sum(resolved_cases) as resolved_cases,
        sum(resolved_amount) as resolved_amount,
        {% for cause, column in end_columns.items() -%}
            sum(case when end_cause = '{{ cause }}' then resolved_amount - recovered_amount end)
                as {{ column }},
        {% endfor -%}
        sum(recovered_amount) as recovered_amount
    from happenings
    group by rule, direction, currency, month_start

),

first_months as (

    select
        rule,
        direction,
        currency,
        min(month_start) as first_month
    from monthly
    group by rule, direction, currency

),

-- a month without news still carries what was open
spine as (

    select
        first_months.rule,
        first_months.direction,
        first_months.currency,
        months.month_start
    from first_months
    inner join months
        on first_months.first_month <= months.month_start

),

final as (

    select
        spine.month_start,
        spine.rule,
        spine.currency,
        spine.direction,
        cast(coalesce(monthly.new_cases, 0) as bigint) as new_cases,
        cast(coalesce(monthly.new_amount, 0) as decimal(18, 2)) as new_amount,
        cast(coalesce(monthly.resolved_cases, 0) as bigint) as resolved_cases,
        cast(coalesce(monthly.resolved_amount, 0) as decimal(18, 2)) as resolved_amount,
        cast(coalesce(monthly.recovered_amount, 0) as decimal(18, 2)) as recovered_amount,
        {% for column in end_columns.values() -%}
            cast(coalesce(monthly.{{ column }}, 0) as decimal(18, 2)) as {{ column }},
        {% endfor -%}
        cast(
            sum(coalesce(monthly.new_cases, 0) - coalesce(monthly.resolved_cases, 0)) over by_month
            as bigint
        ) as open_cases,
        cast(
            sum(coalesce(monthly.new_amount, 0) - coalesce(monthly.resolved_amount, 0))
                over by_month
            as decimal(18, 2)
        ) as open_amount
    from spine
    left join monthly
        on
        spine.rule = monthly.rule
        and spine.direction = monthly.direction
        and spine.currency = monthly.currency
        and spine.month_start = monthly.month_start
    window by_month as (
        partition by spine.rule, spine.direction, spine.currency
        order by spine.month_start
        rows between unbounded preceding and current row
    )

)

select * from final
