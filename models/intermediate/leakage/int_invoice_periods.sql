with invoices as (

    select * from {{ ref('int_invoices_unioned') }}
    where subscription_id is not null

),

months as (

    select * from {{ ref('int_months') }}

),

periods as (

    select
        invoice_id,
        subscription_id,
        invoice_date,
        coalesce(period_start, cast(date_trunc('month', invoice_date) as date)) as period_start,
        coalesce(period_end, last_day(coalesce(period_start, invoice_date))) as period_end
    from invoices

),

inside_one_month as (

    select
        *,
        cast(date_trunc('month', period_start) as date) as month_start
    from periods
    where date_trunc('month', period_start) = date_trunc('month', period_end)

),

over_several_months as (

    select
        periods.*,
        months.month_start
    from periods
    inner join months
        on
        periods.period_start <= months.month_end
        and periods.period_end >= months.month_start
    where date_trunc('month', periods.period_start) != date_trunc('month', periods.period_end)

),

final as (

    select * from inside_one_month
    union all
    select * from over_several_months

)

select * from final
