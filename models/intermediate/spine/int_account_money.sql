with accounts as (

    select * from {{ ref('int_accounts') }}
    where cash_application = 'balance_forward'

),

payments as (

    select * from {{ ref('int_payments') }}

),

refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where is_accepted

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

money as (

    select
        account_id,
        currency,
        payment_date as money_date,
        'payment' as cause,
        payment_id as source_id,
        amount_paid as amount
    from payments

    union all

    select
        payments.account_id,
        payments.currency,
        refunds.refund_date as money_date,
        refunds.refund_kind as cause,
        refunds.refund_id as source_id,
        -refunds.amount as amount
    from refunds
    inner join payments
        on refunds.payment_id = payments.payment_id
    where refunds.refund_date <= {{ as_of_date() }}

    union all

    select
        account_id,
        currency,
        credit_date as money_date,
        'credit_note' as cause,
        credit_note_id as source_id,
        amount
    from credit_notes
    where credit_date <= {{ as_of_date() }}

),

final as (

    select
        money.account_id,
        money.currency,
        money.money_date,
        money.cause,
        money.source_id,
        cast(money.amount as decimal(18, 2)) as amount,
        cast(case when money.cause = 'credit_note' then money.amount else 0 end as decimal(18, 2))
            as credit_amount
    from money
    inner join accounts
        on money.account_id = accounts.account_id

)

select * from final
