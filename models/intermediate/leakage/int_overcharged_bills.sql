-- Too much energy, or too high a price for it. What is billed while a meter is cut off, or twice,
-- is for other rules.

with billed_usage as (

    select * from {{ ref('int_billed_usage') }}

),

bills as (

    select * from {{ ref('int_rerated_bills') }}

),

invoices as (

    select * from {{ ref('int_invoices_enriched') }}
    where invoiced_amount > 0

),

cut_off_cases as (

    select * from {{ ref('int_billed_while_disconnected_cases') }}

),

-- what is billed above what may have been used
too_much as (

    select
        *,
        billed_amount - metered_amount as excess
    from billed_usage
    where
        is_comparable
        and billed_kwh - possible_kwh > tolerance_kwh
        and billed_amount > metered_amount

),

too_dear as (

    select
        *,
        charged_total - tariff_total as excess
    from bills
    where
        charged_total - tariff_total > {{ rating_tolerance('tariff_total') }}

),

final as (

    select
        invoices.invoice_id,
        invoices.account_id,
        invoices.subscription_id,
        coalesce(
            invoices.period_start, cast(date_trunc('month', invoices.invoice_date) as date)
        ) as covers_from,
        invoices.invoice_date,
        coalesce(too_much.known_on, invoices.invoice_date) as known_on,
        coalesce(too_much.excess, 0) + coalesce(too_dear.excess, 0) as excess,
        invoices.currency,
        concat_ws(
            '; ',
            cast(too_much.billed_kwh as {{ dbt.type_string() }}) || ' kWh billed, '
            || cast(too_much.metered_kwh as {{ dbt.type_string() }}) || ' metered until '
            || cast(too_much.metered_through as {{ dbt.type_string() }}),
            'charged ' || cast(too_dear.charged_total as {{ dbt.type_string() }}) || ', tariff '
            || cast(too_dear.tariff_total as {{ dbt.type_string() }}) || ' ' || too_dear.currency
        ) as evidence
    from invoices
    left join too_much
        on invoices.invoice_id = too_much.invoice_id
    left join too_dear
        on invoices.invoice_id = too_dear.invoice_id
    left join cut_off_cases
        on invoices.invoice_id = cut_off_cases.invoice_id
    where
        coalesce(too_much.invoice_id, too_dear.invoice_id) is not null
        and cut_off_cases.invoice_id is null

)

select * from final
