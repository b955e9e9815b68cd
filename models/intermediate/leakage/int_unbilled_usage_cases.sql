-- Energy that was certainly used and is on no bill. Estimates for hours without a reading may be
-- wrong, so months with many of them are not judged; nor is a month whose register is known to have
-- been turned back, which is theft, not a billing error. A later bill for the same period cures the
-- case. Firing and curing are in one model, since a cure is counted in the energy that fired.

with billed_usage as (

    select * from {{ ref('int_billed_usage') }}

),

bills as (

    select * from {{ ref('int_metered_bills') }}
    where billed_kwh > 0

),

invoice_periods as (

    select * from {{ ref('int_invoice_periods') }}

),

corrections as (

    select * from {{ ref('int_invoice_corrections') }}

),

short as (

    select
        *,
        cast(date_trunc('month', metered_through) as date) as month_start,
        certain_kwh - billed_kwh - tolerance_kwh as missing_kwh
    from billed_usage
    where
        is_comparable
        and certain_kwh - billed_kwh > tolerance_kwh
        and metered_amount > billed_amount

),

billed_later as (

    select
        short.invoice_id,
        short.missing_kwh,
        invoice_periods.invoice_date,
        sum(bills.billed_kwh) over (
            partition by short.invoice_id
            order by invoice_periods.invoice_date
        ) as billed_kwh
    from short
    inner join invoice_periods
        on
        short.account_id = invoice_periods.account_id
        and short.month_start = invoice_periods.month_start
        and short.metered_through >= invoice_periods.period_start
        and short.metered_through <= invoice_periods.period_end
        and short.invoice_id != invoice_periods.invoice_id
    inner join bills
        on invoice_periods.invoice_id = bills.invoice_id

),

caught_up as (

    select
        invoice_id,
        min(invoice_date) as caught_up_on
    from billed_later
    where billed_kwh >= missing_kwh
    group by invoice_id

),

fired as (

    select
        short.*,
        corrections.credited_in_full_on,
        nullif(
            least(
                coalesce(corrections.credited_in_full_on, {{ end_of_time() }}),
                coalesce(caught_up.caught_up_on, {{ end_of_time() }}),
                coalesce(short.turned_back_on, {{ end_of_time() }})
            ),
            {{ end_of_time() }}
        ) as cured_on
    from short
    left join corrections
        on short.invoice_id = corrections.invoice_id
    left join caught_up
        on short.invoice_id = caught_up.invoice_id

),

final as (

    select
        'unbilled_usage' as rule,
        'invoice' as entity_type,
        invoice_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        covers_from as period_start,
        cast(metered_amount - billed_amount as decimal(18, 2)) as amount,
        currency,
        known_on as first_seen_on,
        cured_on as resolved_on,
        case
            when cured_on = credited_in_full_on then 'credited'
            when cured_on is not null then 'corrected'
        end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        concat_ws(
            '; ',
            cast(metered_kwh as {{ dbt.type_string() }}) || ' kWh metered until '
            || cast(metered_through as {{ dbt.type_string() }}),
            cast(certain_kwh as {{ dbt.type_string() }}) || ' of them for sure',
            cast(billed_kwh as {{ dbt.type_string() }}) || ' billed',
            'energy of ' || cast(metered_amount as {{ dbt.type_string() }}) || ' charged as '
            || cast(billed_amount as {{ dbt.type_string() }}) || ' ' || currency
        ) as evidence
    from fired
    where
        known_on <= {{ as_of_date() }}
        and coalesce(cured_on > known_on, true)

)

select * from final
