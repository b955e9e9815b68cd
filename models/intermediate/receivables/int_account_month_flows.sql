with invoices as (

    select * from {{ ref('int_invoices') }}

),

movements as (

    select * from {{ ref('int_cash_movements') }}

),

written_off_spells as (

    select * from {{ ref('int_invoice_balance_spells') }}
    where written_off_amount > 0

),

-- money of unknown origin is in suspense, not in any account's books
payments as (

    select * from {{ ref('int_payments') }}
    where account_id is not null

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}
    where account_id is not null

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted and credit_date <= {{ as_of_date() }}

),

-- each spell adds its write-off at its start and removes it at its end: what remains is the change
write_off_changes as (

    select
        invoice_id,
        valid_from as changed_on,
        written_off_amount as written_off_change
    from written_off_spells

    union all

    select
        invoice_id,
        valid_to as changed_on,
        -written_off_amount as written_off_change
    from written_off_spells
    where valid_to < {{ end_of_time() }}

),

events as (

    select
        account_id,
        currency,
        invoice_date as happened_on,
        'billed' as flow,
        invoiced_amount as amount
    from invoices

    union all

    select
        account_id,
        currency,
        movement_on as happened_on,
        case when {{ is_credit('cause') }} then 'credited' else 'paid' end as flow,
        amount
    from movements

    union all

    select
        invoices.account_id,
        invoices.currency,
        write_off_changes.changed_on as happened_on,
        'written_off' as flow,
        write_off_changes.written_off_change as amount
    from write_off_changes
    inner join invoices
        on write_off_changes.invoice_id = invoices.invoice_id

    union all

    select
        account_id,
        currency,
        payment_date as happened_on,
        'received' as flow,
        amount_paid as amount
    from payments

    union all

    select
        account_id,
        currency,
        reversed_on as happened_on,
        'received' as flow,
        -amount as amount
    from reversals

    union all

    -- an unapplied credit note moves nothing, but opens the books
    select
        account_id,
        currency,
        credit_date as happened_on,
        'unapplied_credit' as flow,
        0 as amount
    from credit_notes

),

final as (

    select
        account_id,
        currency,
        {{ month_number('happened_on') }} as month_number,
        cast(sum(case when flow = 'billed' then amount else 0 end) as decimal(18, 2))
            as billed_amount,
        cast(sum(case when flow = 'credited' then amount else 0 end) as decimal(18, 2))
            as credited_amount,
        cast(sum(case when flow = 'paid' then amount else 0 end) as decimal(18, 2))
            as paid_amount,
        cast(sum(case when flow = 'written_off' then amount else 0 end) as decimal(18, 2))
            as written_off_amount,
        cast(sum(case when flow = 'received' then amount else 0 end) as decimal(18, 2))
            as received_amount
    from events
    group by account_id, currency, {{ month_number('happened_on') }}

)

select * from final
