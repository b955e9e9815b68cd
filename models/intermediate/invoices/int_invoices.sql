with invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

-- accounts all of whose subscriptions are billed in arrears
accounts_in_arrears as (

    select
        account_id,
        min(billed) as billed
    from subscriptions
    group by account_id
    having min(billed) = 'in_arrears'

),

completed as (

    select
        invoices.invoice_id,
        invoices.account_id,
        accounts.customer_id,
        invoices.subscription_id,
        invoices.meter_number,
        accounts.line_of_business,
        accounts.cash_application,
        invoices.invoice_date,
        coalesce(
            invoices.due_date,
            {{ day_add(
                'invoices.invoice_date',
                "coalesce(accounts.payment_terms_days, " ~ var('default_payment_terms_days') ~ ")"
            ) }}
        ) as due_date,
        invoices.period_start,
        invoices.period_end,
        case
            when accounts.line_of_business = 'subscription'
                then
                    {{ default_period_start(
                        'invoices.invoice_date',
                        'coalesce(subscriptions.billed, accounts_in_arrears.billed)'
                    ) }}
        end as default_period_start,
        invoices.amount as invoiced_amount,
        invoices.statement_amount,
        invoices.currency
    from invoices
    inner join accounts
        on invoices.account_id = accounts.account_id
    left join subscriptions
        on invoices.subscription_id = subscriptions.subscription_id
    left join accounts_in_arrears
        on invoices.account_id = accounts_in_arrears.account_id
    -- what is dated after the as-of date does not exist yet
    where invoices.invoice_date <= {{ as_of_date() }}

),

final as (

    select
        invoice_id,
        account_id,
        customer_id,
        subscription_id,
        meter_number,
        line_of_business,
        cash_application,
        invoice_date,
        due_date,
        coalesce(period_start, default_period_start) as period_start,
        coalesce(
            period_end,
            case
                when line_of_business = 'subscription'
                    then last_day(coalesce(period_start, default_period_start))
            end
        ) as period_end,
        invoiced_amount,
        statement_amount,
        currency
    from completed

)

select * from final
