-- A bill is matched to its meter by number; without one, it takes the terms of its account's
-- meters. Bills that charge for energy are included whether their meter is known or not.

with invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

meter_terms as (

    select * from {{ ref('int_meter_terms') }}

),

account_terms as (

    select * from {{ ref('int_account_terms') }}

),

charged as (

    select
        invoice_id,
        sum(case when charge_type = 'energy' then quantity end) as billed_kwh,
        sum(case when charge_type = 'energy' then amount else 0 end) as billed_variable,
        sum(case when charge_type = 'fixed' then amount else 0 end) as billed_fixed,
        sum(case when charge_type = 'tax' then amount else 0 end) as billed_gst,
        sum(case when charge_type = 'duty' then amount else 0 end) as billed_duty,
        sum(case when charge_type = 'fee' then amount else 0 end) as billed_fee,
        sum(case when charge_type = 'surcharge' then amount else 0 end) as billed_surcharge
    from lines
    group by invoice_id
    having count(case when charge_type = 'energy' then invoice_id end) > 0

),

-- the tariff of the last day billed holds, for the meter as it was charged that day
dated as (

    select
        *,
        coalesce(period_end, invoice_date) as charged_on
    from invoices

),

known as (

    select
        dated.*,
        meter_terms.meter_number is not null as has_meter,
        meter_terms.rate_schedule,
        meter_terms.consumer_type,
        meter_terms.connected_load_kw,
        meter_terms.district,
        meter_terms.feeder,
        case when meter_terms.rate_schedule is null then dated.account_id end as fallback_account_id
    from dated
    left join meter_terms
        on
        dated.meter_number = meter_terms.meter_number
        and dated.charged_on >= meter_terms.valid_from
        and dated.charged_on < meter_terms.valid_to

),

final as (

    select
        known.invoice_id,
        known.account_id,
        known.meter_number,
        known.invoiced_amount,
        known.currency,
        known.charged_on,
        coalesce(known.rate_schedule, account_terms.rate_schedule) as rate_schedule,
        coalesce(known.consumer_type, account_terms.consumer_type) as consumer_type,
        coalesce(known.connected_load_kw, account_terms.connected_load_kw) as connected_load_kw,
        known.district,
        known.feeder,
        cast(charged.billed_kwh as decimal(18, 3)) as billed_kwh,
        cast(charged.billed_variable as decimal(18, 2)) as billed_variable,
        cast(charged.billed_fixed as decimal(18, 2)) as billed_fixed,
        cast(charged.billed_gst as decimal(18, 2)) as billed_gst,
        cast(charged.billed_duty as decimal(18, 2)) as billed_duty,
        cast(charged.billed_fee as decimal(18, 2)) as billed_fee,
        cast(charged.billed_surcharge as decimal(18, 2)) as billed_surcharge
    from known
    left join charged
        on known.invoice_id = charged.invoice_id
    left join account_terms
        on known.fallback_account_id = account_terms.account_id
    where
        charged.invoice_id is not null
        or known.has_meter
        or account_terms.account_id is not null

)

select * from final
