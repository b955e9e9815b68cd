with invoices as (

    select * from {{ ref('int_invoices_completed') }}
    where line_of_business = 'utility'

),

bill_periods as (

    select * from {{ ref('int_utility_bill_periods') }}

),

-- what a bill prints is kept; what it leaves out comes from its usage, where the two are consistent
final as (

    select
        invoices.invoice_id,
        invoices.account_id,
        invoices.customer_id,
        invoices.subscription_id,
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
    left join bill_periods
        on invoices.invoice_id = bill_periods.invoice_id

)

select * from final
