with accounts as (

    select * from {{ ref('int_accounts') }}
    where cash_application = 'balance_forward'

),

payments as (

    select * from {{ ref('int_payments') }}
    where cash_application = 'balance_forward'

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}
    where cash_application = 'balance_forward'

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

final as (

    select
        account_id,
        currency,
        payment_date as money_date,
        'payment' as cause,
        payment_id as source_id,
        amount_paid as amount,
        cast(0 as decimal(18, 2)) as credit_amount
    from payments

    union all

    select
        account_id,
        currency,
        reversed_on as money_date,
        cause,
        refund_id as source_id,
        cast(-amount as decimal(18, 2)) as amount,
        cast(0 as decimal(18, 2)) as credit_amount
    from reversals

    union all

    select
        credit_notes.account_id,
        credit_notes.currency,
        credit_notes.credit_date as money_date,
        'credit_note' as cause,
        credit_notes.credit_note_id as source_id,
        cast(credit_notes.amount as decimal(18, 2)) as amount,
        cast(credit_notes.amount as decimal(18, 2)) as credit_amount
    from credit_notes
    inner join accounts
        on credit_notes.account_id = accounts.account_id
    where credit_notes.credit_date <= {{ as_of_date() }}

)

select * from final
