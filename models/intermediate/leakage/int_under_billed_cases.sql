-- A bill is compared with its tariff's charge for the energy it bills: whether that is all the
-- energy used is for another rule.

with bills as (

    select * from {{ ref('int_rerated_bills') }}

),

invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

corrections as (

    select * from {{ ref('int_invoice_corrections') }}

),

fired as (

    select
        bills.*,
        invoices.subscription_id,
        invoices.invoice_date,
        coalesce(
            invoices.period_start, cast(date_trunc('month', invoices.invoice_date) as date)
        ) as covers_from,
        corrections.credited_in_full_on
    from bills
    inner join invoices
        on bills.invoice_id = invoices.invoice_id
    left join corrections
        on bills.invoice_id = corrections.invoice_id
    where
        bills.tariff_total - bills.charged_total
        > {{ rating_tolerance('bills.tariff_total') }}

),

final as (

    select
        'under_billed' as rule,
        'invoice' as entity_type,
        invoice_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        covers_from as period_start,
        cast(tariff_total - charged_total as decimal(18, 2)) as amount,
        currency,
        invoice_date as first_seen_on,
        credited_in_full_on as resolved_on,
        case when credited_in_full_on is not null then 'credited' end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        concat_ws(
            '; ',
            'rate schedule ' || rate_schedule,
            cast(billed_kwh as {{ dbt.type_string() }}) || ' kWh billed',
            'tariff ' || cast(tariff_total as {{ dbt.type_string() }}) || ', charged '
            || cast(charged_total as {{ dbt.type_string() }}) || ' ' || currency,
            'energy ' || cast(tariff_variable as {{ dbt.type_string() }}) || ', charged '
            || cast(billed_variable as {{ dbt.type_string() }})
        ) as evidence
    from fired
    where
        invoice_date <= {{ as_of_date() }}
        and coalesce(credited_in_full_on > invoice_date, true)

)

select * from final
