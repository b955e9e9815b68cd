-- What share of the money that should have been billed does each plan lose?

with expected as (

    select
        plan_id,
        currency,
        count(*) as periods,
        sum(expected_amount) as expected_amount,
        count(*) filter (where is_ghost) as ghosts,
        coalesce(sum(expected_amount) filter (where is_ghost), 0) as ghost_amount
    from {{ ref('fct_subscription_months') }}
    group by plan_id, currency

)

select
    plans.plan_name,
    expected.currency,
    expected.periods,
    expected.ghosts,
    expected.expected_amount,
    expected.ghost_amount,
    round(100.0 * expected.ghost_amount / nullif(expected.expected_amount, 0), 2) as ghost_percent
from expected
left join {{ ref('dim_plans') }} as plans
    on expected.plan_id = plans.plan_id
order by expected.ghost_amount desc
