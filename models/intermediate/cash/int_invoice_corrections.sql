with invoices as (

    select * from {{ ref('int_invoices') }}

),

credits as (

    select * from {{ ref('int_invoice_credits') }}

),

running as (

    select
        credits.*,
        invoices.invoiced_amount - sum(credits.credited_amount) over by_day as charged_after,
        invoices.invoiced_amount - sum(credits.credited_amount) over by_day
        + credits.credited_amount as charged_before
    from credits
    inner join invoices
        on credits.invoice_id = invoices.invoice_id
    window by_day as (
        partition by credits.invoice_id
        order by credits.credited_on
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
