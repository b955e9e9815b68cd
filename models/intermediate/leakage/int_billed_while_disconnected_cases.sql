-- A meter that is cut off measures nothing to charge for: from the day in the change feed or in its
-- own row until it is back in service. Without a date it is known to be cut off on the day of its
-- extract and flags no earlier bill, unless the mapping says that statuses applied throughout.

with invoices as (

    select
        *,
        coalesce(period_start, cast(date_trunc('month', invoice_date) as date)) as covers_from,
        coalesce(period_end, last_day(coalesce(period_start, invoice_date))) as covers_to
    from {{ ref('int_invoices_enriched') }}
    where invoiced_amount > 0

),

meters as (

    select * from {{ ref('int_meters') }}

),

cut_offs as (

    select * from {{ ref('int_meter_cut_offs') }}

),

corrections as (

    select * from {{ ref('int_invoice_corrections') }}

),

known_cut_offs as (

    select
        cut_offs.meter_number,
        cut_offs.status,
        cut_offs.is_undated,
        cut_offs.reconnected_on,
        case when cut_offs.is_undated then meters.status_known_from else cut_offs.cut_off_on end
            as cut_off_on
    from cut_offs
    inner join meters
        on cut_offs.meter_number = meters.meter_number

),

-- a bill that names no meter is for the one its account has
only_meters as (

    select
        account_id,
        min(meter_number) as meter_number
    from meters
    where account_id is not null and status is distinct from 'Replaced'
    group by account_id
    having count(*) = 1

),

billed as (

    select
        invoices.*,
        coalesce(invoices.meter_number, only_meters.meter_number) as billed_meter_number
    from invoices
    left join only_meters
        on invoices.account_id = only_meters.account_id

),

-- a last bill for usage before the cut is owed, and a first one for usage after it
fired as (

    select
        billed.*,
        known_cut_offs.status,
        known_cut_offs.is_undated,
        known_cut_offs.cut_off_on,
        greatest(billed.invoice_date, known_cut_offs.cut_off_on) as first_seen_on,
        coalesce(corrections.charged_amount, billed.invoiced_amount) as charged_amount,
        corrections.credited_in_full_on
    from billed
    inner join known_cut_offs
        on
        billed.billed_meter_number = known_cut_offs.meter_number
        and billed.covers_from >= known_cut_offs.cut_off_on
        and least(billed.covers_to, {{ as_of_date() }}) < known_cut_offs.reconnected_on
        and billed.covers_from < known_cut_offs.reconnected_on
    left join corrections
        on billed.invoice_id = corrections.invoice_id

),

final as (

    select
        'billed_while_disconnected' as rule,
        'invoice' as entity_type,
        invoice_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        covers_from as period_start,
        charged_amount as amount,
        currency,
        first_seen_on,
        credited_in_full_on as resolved_on,
        case when credited_in_full_on is not null then 'credited' end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        concat_ws(
            '; ',
            'meter ' || billed_meter_number || ' ' || lower(status),
            case
                when is_undated and cut_off_on > {{ beginning_of_time() }}
                    then 'on the extract''s day, ' || cast(cut_off_on as {{ dbt.type_string() }})
                when cut_off_on > {{ beginning_of_time() }}
                    then 'since ' || cast(cut_off_on as {{ dbt.type_string() }})
                else 'throughout the extract'
            end,
            'billed from ' || cast(covers_from as {{ dbt.type_string() }}),
            cast(invoiced_amount as {{ dbt.type_string() }}) || ' ' || currency
        ) as evidence
    from fired
    where
        first_seen_on <= {{ as_of_date() }}
        and coalesce(credited_in_full_on > first_seen_on, true)

)

select * from final
