-- Energy is in the row of the currency its account is billed in, so that neither is counted twice.

with usages as (

    select * from {{ ref('fct_usage') }}

),

bills as (

    select * from {{ ref('int_settled_bills') }}

),

used as (

    select
        consumer_type,
        cast(date_trunc('month', period_end) as date) as month_start,
        currency,
        count(distinct coalesce(meter_number, account_id)) as meter_count,
        sum(usage_kwh) as usage_kwh,
        max(peak_demand) as highest_demand_kw
    from usages
    group by consumer_type, cast(date_trunc('month', period_end) as date), currency

),

billed as (

    select
        consumer_type,
        month_start,
        currency,
        count(*) as bill_count,
        sum(invoiced_amount) as billed_amount,
        sum(paid_amount) as paid_amount,
        sum(outstanding_amount) as outstanding_amount
    from bills
    group by consumer_type, month_start, currency

),

unioned as (

    select
        consumer_type,
        month_start,
        currency,
        meter_count,
        usage_kwh,
        highest_demand_kw,
        0 as bill_count,
        0 as billed_amount,
        0 as paid_amount,
        0 as outstanding_amount
    from used
    union all
    select
        consumer_type,
        month_start,
        currency,
        0 as meter_count,
        0 as usage_kwh,
        null as highest_demand_kw,
        bill_count,
        billed_amount,
        paid_amount,
        outstanding_amount
    from billed

),

added_up as (

    select
        consumer_type,
        month_start,
        currency,
        cast(sum(meter_count) as bigint) as meter_count,
        cast(sum(usage_kwh) as decimal(18, 3)) as usage_kwh,
        max(highest_demand_kw) as highest_demand_kw,
        cast(sum(bill_count) as bigint) as bill_count,
        cast(sum(billed_amount) as decimal(18, 2)) as billed_amount,
        cast(sum(paid_amount) as decimal(18, 2)) as paid_amount,
        cast(sum(outstanding_amount) as decimal(18, 2)) as outstanding_amount
    from unioned
    group by consumer_type, month_start, currency

),

final as (

    select
        consumer_type,
        month_start,
        currency,
        meter_count,
        usage_kwh,
        cast(cast(usage_kwh as double) / nullif(meter_count, 0) as decimal(18, 3))
            as usage_kwh_per_meter,
        cast(highest_demand_kw as decimal(18, 3)) as highest_demand_kw,
        bill_count,
        billed_amount,
        paid_amount,
        outstanding_amount
    from added_up

)

select * from final
