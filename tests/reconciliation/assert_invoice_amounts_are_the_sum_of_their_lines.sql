-- If this warns, an invoice's amount differs from the sum of its lines. That is a finding, listed
-- in data_quality.fct_findings, and no reason to stop a build.

{{ config(severity='warn') }}

with line_totals as (

    select
        invoice_id,
        sum(amount) as lines_amount
    from {{ ref('fct_invoice_lines') }}
    group by invoice_id

)

select
    invoices.invoice_id,
    invoices.invoiced_amount,
    line_totals.lines_amount
from {{ ref('fct_invoices') }} as invoices
inner join line_totals
    on invoices.invoice_id = line_totals.invoice_id
where invoices.invoiced_amount != line_totals.lines_amount
