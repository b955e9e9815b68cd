with invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

line_totals as (

    select
        invoice_id,
        count(*) as lines_count,
        cast(sum(amount) as decimal(18, 2)) as lines_amount
    from lines
    group by invoice_id

),

final as (

    select
        'header_lines_mismatch' as rule,
        'invoice' as entity_type,
        invoices.invoice_id as entity_id,
        invoices.account_id,
        invoices.invoice_id,
        coalesce(invoices.period_start, cast(date_trunc('month', invoices.invoice_date) as date))
            as period_start,
        cast(abs(invoices.invoiced_amount - line_totals.lines_amount) as decimal(18, 2)) as amount,
        invoices.currency,
        invoices.invoice_date as found_on,
        concat_ws(
            '; ',
            'header ' || cast(invoices.invoiced_amount as {{ dbt.type_string() }})
            || ' ' || invoices.currency,
            {{ counted('line_totals.lines_count', 'line') }}
            || case when line_totals.lines_count = 1 then ' comes to ' else ' come to ' end
            || cast(line_totals.lines_amount as {{ dbt.type_string() }})
        ) as evidence
    from invoices
    inner join line_totals
        on invoices.invoice_id = line_totals.invoice_id
    -- an invoice without an amount of its own takes the sum of its lines, and always agrees
    where invoices.invoiced_amount != line_totals.lines_amount

)

select * from final
