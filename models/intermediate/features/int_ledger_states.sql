with spells as (

    select * from {{ ref('int_invoice_balance_spells') }}

),

invoices as (

    select * from {{ ref('int_ledger_invoices') }}

),

days as (

    select
        invoice_id,
        {{ day_number('valid_from') }} as from_day,
        {{ day_number('valid_to') }} as to_day,
        unsettled_amount,
        cast(unsettled_amount + paid_amount as decimal(18, 2)) as net_due_amount,
        outstanding_amount
    from spells

),

-- A settled spell begins where the last spell ends in which something was owed. Looking at earlier
-- rows only, a row that owes again still knows where the settled spell before it began.
running as (

    select
        invoice_id,
        from_day,
        to_day,
        unsettled_amount,
        net_due_amount,
        outstanding_amount,
        lag(unsettled_amount) over by_day as unsettled_before,
        lag(outstanding_amount) over by_day as outstanding_before,
        max(case when unsettled_amount > 0 then to_day end) over (
            partition by invoice_id
            order by from_day
            rows between unbounded preceding and 1 preceding
        ) as owed_until_day
    from days
    window by_day as (partition by invoice_id order by from_day)

),

final as (

    select
        running.invoice_id,
        invoices.ledger_no,
        invoices.issued_day,
        invoices.due_day,
        running.from_day,
        running.to_day,
        invoices.invoiced_amount,
        running.net_due_amount,
        running.unsettled_amount,
        running.outstanding_amount,
        running.unsettled_before,
        running.outstanding_before,
        coalesce(running.owed_until_day, invoices.issued_day) as owed_until_day
    from running
    inner join invoices
        on running.invoice_id = invoices.invoice_id

)

select * from final
