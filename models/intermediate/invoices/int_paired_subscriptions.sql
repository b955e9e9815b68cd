-- Each step takes what the step before left: a plan's name and its charge, its name alone, a charge
-- alone. A line matches one subscription, or as many of a plan as its quantity covers; one that
-- names a plan matches no other plan.

with billable as (

    select * from {{ ref('int_billable_subscriptions') }}

),

all_lines as (

    select * from {{ ref('int_subscription_evidence') }}

),

invoices as (

    select * from {{ ref('int_invoices') }}
    where subscription_id in (select billable.subscription_id from billable)

),

-- an invoice of the same month that names the subscription leaves nothing to infer
named as (

    select
        subscription_id,
        {{ month_number('period_start') }} as month_number
    from all_lines
    where subscription_id is not null
    union
    select
        subscription_id,
        {{ month_number('period_start') }} as month_number
    from invoices

),

subscriptions as (

    select
        billable.*,
        cast(null as {{ dbt.type_string() }}) as invoice_id
    from billable
    left join named
        on
        billable.subscription_id = named.subscription_id
        and {{ month_number('billable.period_start') }} = named.month_number
    where named.subscription_id is null

),

lines as (

    select * from all_lines
    where subscription_id is null

),

plan_lines as (

    select * from lines
    where plan_key is not null

),

other_lines as (

    select * from lines
    where plan_key is null

),

by_plan_and_charge as (

    {{ paired_in_turn('plan_lines', 'subscriptions', ['plan_key', 'amount']) }}

),

unpaired_plans as (

    select
        account_id,
        period_start,
        period_end,
        plan_key,
        count(*) as subscription_count,
        min(quantity) as least_quantity
    from by_plan_and_charge
    where invoice_id is null
    group by account_id, period_start, period_end, plan_key

),

parts_of_lines as (

    select
        plan_lines.*,
        {{ each_integer(
            '1',
            'cast(least(unpaired_plans.subscription_count, greatest(1, coalesce(floor('
            'plan_lines.quantity / nullif(unpaired_plans.least_quantity, 0)), 1))) as integer)'
        ) }} as part_number
    from plan_lines
    inner join unpaired_plans
        on
        plan_lines.account_id = unpaired_plans.account_id
        and plan_lines.period_start = unpaired_plans.period_start
        and plan_lines.period_end = unpaired_plans.period_end
        and plan_lines.plan_key = unpaired_plans.plan_key
    left join by_plan_and_charge
        on plan_lines.line_item_id = by_plan_and_charge.line_item_id
    where by_plan_and_charge.line_item_id is null

),

by_plan as (

    {{ paired_in_turn('parts_of_lines', 'by_plan_and_charge', ['plan_key']) }}

),

by_charge as (

    {{ paired_in_turn('other_lines', 'by_plan', ['amount']) }}

),

final as (

    select * from by_charge
    union all
    select * from by_plan
    where invoice_id is not null
    union all
    select * from by_plan_and_charge
    where invoice_id is not null

)

select * from final
