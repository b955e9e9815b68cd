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
        payment_date as event_on,
        3 as event_order,
        'payment' as cause,
        payment_id as source_id,
        amount_paid as amount
    from payments

    union all

    select
        account_id,
        currency,
        reversed_on as event_on,
        4 as event_order,
        cause,
        refund_id as source_id,
        cast(-sum(amount) as decimal(18, 2)) as amount
    from reversals
    group by account_id, currency, reversed_on, cause, refund_id

    union all

    select
        credit_notes.account_id,
        credit_notes.currency,
        credit_notes.credit_date as event_on,
        2 as event_order,
        'credit_note' as cause,
        credit_notes.credit_note_id as source_id,
        cast(credit_notes.amount as decimal(18, 2)) as amount
    from credit_notes
    inner join accounts
        on credit_notes.account_id = accounts.account_id
    where credit_notes.credit_date <= {{ as_of_date() }}

)

select * from final
