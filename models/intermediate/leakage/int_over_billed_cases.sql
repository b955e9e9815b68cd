-- A bill for too much energy or at too high a price, until credits come to the excess and put it
-- right. What is billed while a meter is cut off, or twice, is for other rules.

with billed_usage as (

    select * from {{ ref('int_billed_usage') }}
    where is_comparable

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

credits as (

    select * from {{ ref('int_invoice_credits') }}

),

-- what is billed above what may have been used
too_much as (

    select
        *,
        billed_amount - metered_amount as excess
    from billed_usage
    where billed_kwh - possible_kwh > tolerance_kwh and billed_amount > metered_amount

),

too_dear as (

    select
        *,
        charged_total - tariff_total as excess
    from bills
    where charged_total - tariff_total > {{ rating_tolerance('tariff_total') }}

),

overcharged as (

    select
        invoices.*,
        coalesce(too_much.known_on, invoices.invoice_date) as known_on,
        coalesce(too_much.excess, 0) + coalesce(too_dear.excess, 0) as excess,
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

),

credited as (

    select
        overcharged.invoice_id,
        overcharged.excess,
        credits.credited_on,
        sum(credits.credited_amount) over (
            partition by overcharged.invoice_id
            order by credits.credited_on
        ) as credited_amount
    from overcharged
    inner join credits
        on overcharged.invoice_id = credits.invoice_id

),

cured as (

    select
        invoice_id,
        min(credited_on) as cured_on
    from credited
    where credited_amount >= excess
    group by invoice_id

),

final as (

    select
        'over_billed' as rule,
        'invoice' as entity_type,
        overcharged.invoice_id as entity_id,
        overcharged.account_id,
        overcharged.invoice_id,
        overcharged.subscription_id,
        coalesce(
            overcharged.period_start, cast(date_trunc('month', overcharged.invoice_date) as date)
        ) as period_start,
        cast(overcharged.excess as decimal(18, 2)) as amount,
        overcharged.currency,
        overcharged.known_on as first_seen_on,
        cured.cured_on as resolved_on,
        case when cured.cured_on is not null then 'credited' end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        overcharged.evidence
    from overcharged
    left join cured
        on overcharged.invoice_id = cured.invoice_id
    where
        overcharged.known_on <= {{ as_of_date() }}
        and coalesce(cured.cured_on > overcharged.known_on, true)

)

select * from final
