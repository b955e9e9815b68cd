-- The invoice covering a billing date is looked up by month: an equality join, however long the
-- histories. Most periods touch one month or two, and only longer ones need the calendar.

with invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

invoice_subscriptions as (

    select * from {{ ref('int_invoice_subscriptions') }}

),

metered_accounts as (

    select account_id from {{ ref('int_metered_usages') }}
    group by account_id

),

months as (

    select * from {{ ref('int_months') }}

),

-- an invoice's lines take precedence over its header, which may refer to another of its charges
stated as (

    select
        invoices.*,
        case
            when invoice_subscriptions.invoice_id is null then invoices.subscription_id
            when invoice_subscriptions.is_covered then invoice_subscriptions.subscription_id
        end as covered_subscription_id
    from invoices
    left join invoice_subscriptions
        on invoices.invoice_id = invoice_subscriptions.invoice_id

),

-- invoices that say which subscription or which usage they are for; no period, nothing covered
periods as (

    select
        invoice_id,
        account_id,
        covered_subscription_id as subscription_id,
        invoice_date,
        coalesce(
            period_start,
            least(
                cast(date_trunc('month', invoice_date) as date),
                coalesce(period_end, invoice_date)
            )
        ) as period_start,
        coalesce(period_end, last_day(coalesce(period_start, invoice_date))) as period_end
    from stated
    where
        covered_subscription_id is not null
        or (
            coalesce(period_start, period_end) is not null
            and account_id in (select metered_accounts.account_id from metered_accounts)
        )

),

dated as (

    select
        *,
        cast(date_trunc('month', period_start) as date) as first_month,
        cast(date_trunc('month', period_end) as date) as last_month
    from periods

),

final as (

    select
        invoice_id,
        account_id,
        subscription_id,
        invoice_date,
        period_start,
        period_end,
        first_month as month_start
    from dated
    union all
    select
        invoice_id,
        account_id,
        subscription_id,
        invoice_date,
        period_start,
        period_end,
        last_month as month_start
    from dated
    where last_month > first_month
    union all
    select
        dated.invoice_id,
        dated.account_id,
        dated.subscription_id,
        dated.invoice_date,
        dated.period_start,
        dated.period_end,
        months.month_start
    from dated
    inner join months
        on
        dated.first_month < months.month_start
        and dated.last_month > months.month_start
    where {{ days_from('dated.first_month', 'dated.last_month') }} > 31

)

select * from final
