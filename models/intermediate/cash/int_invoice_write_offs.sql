with write_offs as (

    select * from {{ ref('stg_billing__write_offs') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('int_invoices_unioned') }}

),

account_invoices as (

    select * from {{ ref('int_invoices_unioned') }}

),

visible as (

    select * from write_offs
    where written_off_on <= {{ as_of_date() }}

),

-- a write-off that names no invoice covers what its account had been billed by then
matched as (

    select
        invoices.invoice_id,
        greatest(visible.written_off_on, invoices.invoice_date) as written_off_on
    from visible
    inner join invoices
        on visible.invoice_id = invoices.invoice_id
    union all
    select
        account_invoices.invoice_id,
        visible.written_off_on
    from visible
    inner join account_invoices
        on
        visible.account_id = account_invoices.account_id
        and visible.written_off_on >= account_invoices.invoice_date
    where visible.invoice_id is null

),

final as (

    select
        invoice_id,
        min(written_off_on) as written_off_on
    from matched
    group by invoice_id

)

select * from final
