with bills as (

    select * from {{ ref('int_checked_bills') }}

),

payments as (

    select * from {{ ref('int_payments') }}

),

-- an account that was refunded has still paid
chargebacks as (

    select * from {{ ref('int_payment_reversals') }}
    where cause = 'chargeback'

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted and credit_date <= {{ as_of_date() }}

),

money as (

    select
        account_id,
        currency,
        payment_date as money_date,
        amount_paid as amount
    from payments

    union all

    select
        account_id,
        currency,
        reversed_on as money_date,
        -amount as amount
    from chargebacks

    union all

    select
        account_id,
        currency,
        credit_date as money_date,
        amount
    from credit_notes

),

final as (

    select
        account_id,
        currency,
        money_date,
        cast(sum(amount) as decimal(18, 2)) as amount
    from money
    where account_id in (select bills.account_id from bills)
    group by account_id, currency, money_date

)

select * from final
