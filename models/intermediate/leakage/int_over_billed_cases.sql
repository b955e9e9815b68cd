-- Too much energy, or too high a price for it. What is billed while a meter is cut off, or twice,
-- is for other rules. Credits that come to the excess put it right.

with billed_usage as (

    select * from {{ ref('int_billed_usage') }}

),

bills as (

    select * from {{ ref('int_rerated_bills') }}

),

invoices as (

    select * from {{ ref('int_invoices_unioned') }}
    where invoiced_amount > 0

),

cut_off_cases as (

    select * from {{ ref('int_billed_while_disconnected_cases') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

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

fired as (

    select
        invoices.*,
        coalesce(
            invoices.period_start, cast(date_trunc('month', invoices.invoice_date) as date)
        ) as covers_from,
        coalesce(too_much.known_on, invoices.invoice_date) as first_seen_on,
        coalesce(too_much.excess, 0) + coalesce(too_dear.excess, 0) as amount,
        cast(too_much.billed_kwh as {{ dbt.type_string() }}) || ' kWh billed, '
        || cast(too_much.metered_kwh as {{ dbt.type_string() }}) || ' metered until '
        || cast(too_much.metered_through as {{ dbt.type_string() }}) as too_much_text,
        'charged ' || cast(too_dear.charged_total as {{ dbt.type_string() }}) || ', tariff '
        || cast(too_dear.tariff_total as {{ dbt.type_string() }}) || ' ' || too_dear.currency
            as too_dear_text
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
        fired.invoice_id,
        greatest(credit_notes.credit_date, fired.invoice_date) as credited_on,
        sum(credit_notes.amount) over (
            partition by fired.invoice_id
            order by greatest(credit_notes.credit_date, fired.invoice_date)
        ) as credited_amount
    from fired
    inner join credit_notes
        on
        fired.invoice_id = credit_notes.invoice_id
        and fired.account_id = credit_notes.account_id
    where credit_notes.credit_date <= {{ as_of_date() }}

),

cured as (

    select
        fired.invoice_id,
        min(credited.credited_on) as cured_on
    from fired
    inner join credited
        on fired.invoice_id = credited.invoice_id
    where credited.credited_amount >= fired.amount
    group by fired.invoice_id

),

final as (

    select
        'over_billed' as rule,
        'invoice' as entity_type,
        fired.invoice_id as entity_id,
        fired.account_id,
        fired.invoice_id,
        fired.subscription_id,
        fired.covers_from as period_start,
        cast(fired.amount as decimal(18, 2)) as amount,
        fired.currency,
        fired.first_seen_on,
        cured.cured_on as resolved_on,
        concat_ws('; ', fired.too_much_text, fired.too_dear_text) as evidence
    from fired
    left join cured
        on fired.invoice_id = cured.invoice_id
    where
        fired.first_seen_on <= {{ as_of_date() }}
        and coalesce(cured.cured_on > fired.first_seen_on, true)

)

select * from final
