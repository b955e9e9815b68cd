-- What an invoice does not state is inferred here: in the subscription line the subscription it is
-- for, of a utility bill its period. Cash application needs neither and reads `int_invoices`.

with invoices as (

    select * from {{ ref('int_invoices') }}

),

invoice_subscriptions as (

    select * from {{ ref('int_invoice_subscriptions') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

bill_periods as (

    select * from {{ ref('int_utility_bill_periods') }}

),

-- an invoice for several subscriptions belongs to none of them alone
inferred_subscriptions as (

    select
        invoice_id,
        case when count(*) = 1 then min(subscription_id) end as subscription_id
    from invoice_subscriptions
    group by invoice_id

),

-- one without evidence, when no subscription was active, can only be for the one its account had
only_subscriptions as (

    select
        account_id,
        min(subscription_id) as subscription_id
    from subscriptions
    group by account_id
    having count(*) = 1

),

-- what a bill prints is kept; what it leaves out comes from its usage, where the two are consistent
final as (

    select
        invoices.invoice_id,
        invoices.account_id,
        invoices.customer_id,
        case
            when invoices.subscription_id is not null or invoices.line_of_business != 'subscription'
                then invoices.subscription_id
            when inferred_subscriptions.invoice_id is not null
                then inferred_subscriptions.subscription_id
            else only_subscriptions.subscription_id
        end as subscription_id,
        invoices.meter_number,
        invoices.line_of_business,
        invoices.cash_application,
        invoices.invoice_date,
        invoices.due_date,
        coalesce(
            invoices.period_start,
            case
                when coalesce(bill_periods.cycle_start <= invoices.period_end, true)
                    then bill_periods.cycle_start
            end
        ) as period_start,
        coalesce(
            invoices.period_end,
            case
                when coalesce(bill_periods.cycle_end >= invoices.period_start, true)
                    then bill_periods.cycle_end
            end
        ) as period_end,
        invoices.invoiced_amount,
        invoices.statement_amount,
        invoices.currency
    from invoices
    left join inferred_subscriptions
        on invoices.invoice_id = inferred_subscriptions.invoice_id
    left join only_subscriptions
        on invoices.account_id = only_subscriptions.account_id
    left join bill_periods
        on invoices.invoice_id = bill_periods.invoice_id

)

select * from final
