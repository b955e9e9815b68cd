-- In open item a refund takes back a charge as a credit note does, and a note that documents a
-- refund credits nothing twice: the movements know. On a balance-forward account money falls on
-- other invoices, and the credit note corrects the one it names.

with invoices as (

    select * from {{ ref('int_invoices') }}

),

movements as (

    select * from {{ ref('int_cash_movements') }}
    where cause in ('credit_note', 'refund')

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted and credit_date <= {{ as_of_date() }}

),

credits as (

    select
        movements.invoice_id,
        movements.movement_on as credited_on,
        movements.amount
    from movements
    inner join invoices
        on movements.invoice_id = invoices.invoice_id
    where invoices.cash_application = 'open_item'
    union all
    select
        invoices.invoice_id,
        greatest(credit_notes.credit_date, invoices.invoice_date) as credited_on,
        credit_notes.amount
    from credit_notes
    inner join invoices
        on
        credit_notes.invoice_id = invoices.invoice_id
        and credit_notes.account_id = invoices.account_id
    where invoices.cash_application = 'balance_forward'

),

final as (

    select
        invoice_id,
        credited_on,
        cast(sum(amount) as decimal(18, 2)) as credited_amount
    from credits
    group by invoice_id, credited_on
    having sum(amount) != 0

)

select * from final
