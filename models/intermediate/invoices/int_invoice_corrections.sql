-- A credit note corrects the invoice it names, even if on a balance-forward account its money falls
-- on another invoice: the wrong charge is corrected by the document itself.

with invoices as (

    select * from {{ ref('int_invoices') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

days as (

    select
        invoices.invoice_id,
        invoices.invoiced_amount,
        greatest(credit_notes.credit_date, invoices.invoice_date) as credited_on,
        sum(credit_notes.amount) as amount
    from credit_notes
    inner join invoices
        on
        credit_notes.invoice_id = invoices.invoice_id
        and credit_notes.account_id = invoices.account_id
    where credit_notes.credit_date <= {{ as_of_date() }}
    group by
        invoices.invoice_id,
        invoices.invoiced_amount,
        greatest(credit_notes.credit_date, invoices.invoice_date)

),

running as (

    select
        *,
        invoiced_amount - sum(amount) over by_day as charged_after,
        invoiced_amount - sum(amount) over by_day + amount as charged_before
    from days
    window by_day as (
        partition by invoice_id
        order by credited_on
        rows between unbounded preceding and current row
    )

),

final as (

    select
        invoice_id,
        -- what is still charged; once nothing is, what the last credit took away
        cast(
            min(case when charged_after > 0 then charged_after else charged_before end)
            filter (where charged_before > 0) as decimal(18, 2)
        ) as charged_amount,
        min(credited_on) filter (where charged_after <= 0) as credited_in_full_on
    from running
    group by invoice_id

)

select * from final
