-- Energy is in the row of the currency its account is billed in. Energy fed into a feeder has no
-- currency: it appears once, in the row of the first currency by name, and is compared with the
-- energy of all currencies. Long because of its columns: each is there for usage and for bills.

with usages as (

    select * from {{ ref('fct_usage') }}

),

feeder_usages as (

    select * from {{ ref('int_meter_usage') }}
    where is_feeder_meter

),

bills as (

    select * from {{ ref('int_settled_bills') }}

),

unioned as (

    select
        district,
        feeder,
        cast(date_trunc('month', period_end) as date) as month_start,
        currency,
        coalesce(meter_number, account_id) as meter_number,
        usage_kwh,
        0 as billed_amount,
        0 as paid_amount,
        0 as outstanding_amount
    from usages
    union all
    select
        district,
        feeder,
        month_start,
        currency,
        null as meter_number,
        0 as usage_kwh,
        invoiced_amount as billed_amount,
        paid_amount,
        outstanding_amount
    from bills

),

added_up as (

    select
        district,
        feeder,
        month_start,
        currency,
        count(distinct meter_number) as meter_count,
        sum(usage_kwh) as usage_kwh,
        sum(billed_amount) as billed_amount,
        sum(paid_amount) as paid_amount,
        sum(outstanding_amount) as outstanding_amount
    from unioned
    group by district, feeder, month_start, currency

),

ranked as (

    select
        *,
        sum(usage_kwh) over (partition by district, feeder, month_start) as location_kwh,
        row_number() over (
            partition by district, feeder, month_start
            order by currency asc nulls last
        ) as currency_rank
    from added_up

),

fed as (

    select
        district,
        feeder,
        period_start as month_start,
        sum(usage_kwh) as fed_in_kwh
    from feeder_usages
    group by district, feeder, period_start

),

final as (

    select
        ranked.district,
        ranked.feeder,
        ranked.month_start,
        ranked.currency,
        ranked.meter_count,
        cast(ranked.usage_kwh as decimal(18, 3)) as usage_kwh,
        cast(fed.fed_in_kwh as decimal(18, 3)) as fed_in_kwh,
        cast(fed.fed_in_kwh - ranked.location_kwh as decimal(18, 3)) as loss_kwh,
        try_cast(
            cast(fed.fed_in_kwh - ranked.location_kwh as double)
            / nullif(cast(fed.fed_in_kwh as double), 0) as decimal(18, 6)
        ) as loss_share,
        cast(ranked.billed_amount as decimal(18, 2)) as billed_amount,
        cast(ranked.paid_amount as decimal(18, 2)) as paid_amount,
        cast(ranked.outstanding_amount as decimal(18, 2)) as outstanding_amount
    from ranked
    left join fed
        on
        ranked.district is not distinct from fed.district
        and ranked.feeder = fed.feeder
        and ranked.month_start = fed.month_start
        and ranked.currency_rank = 1

)

select * from final
