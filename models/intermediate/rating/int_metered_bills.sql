-- A bill goes with its meter by number; without one, as its account's meters are charged. Bills
-- that charge for energy belong here whether their meter is known or not.

with invoices as (

    select * from {{ ref('int_invoices_unioned') }}

),

lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

meters as (

    select * from {{ ref('int_meters') }}

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

known as (

    select
        invoices.*,
        meters.meter_number is not null as has_meter,
        meters.rate_schedule,
        meters.consumer_type,
        meters.connected_load_kw,
        case when meters.rate_schedule is null then invoices.account_id end as asking_account_id
    from invoices
    left join meters
        on invoices.meter_number = meters.meter_number

),

final as (

    select
        known.invoice_id,
        known.account_id,
        known.meter_number,
        known.invoiced_amount,
        known.currency,
        coalesce(known.period_end, known.invoice_date) as charged_on,
        coalesce(known.rate_schedule, account_terms.rate_schedule) as rate_schedule,
        coalesce(known.consumer_type, account_terms.consumer_type) as consumer_type,
        coalesce(known.connected_load_kw, account_terms.connected_load_kw) as connected_load_kw,
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
        on known.asking_account_id = account_terms.account_id
    where
        charged.invoice_id is not null
        or known.has_meter
        or account_terms.account_id is not null

)

select * from final
