with bills as (

    select * from {{ ref('int_metered_bills') }}

),

settlement as (

    select * from {{ ref('int_invoice_settlement') }}

),

final as (

    select
        bills.invoice_id,
        bills.account_id,
        bills.meter_number,
        bills.consumer_type,
        bills.district,
        bills.feeder,
        cast(date_trunc('month', bills.charged_on) as date) as month_start,
        settlement.currency,
        settlement.invoiced_amount,
        settlement.credited_amount,
        settlement.paid_amount,
        settlement.written_off_amount,
        settlement.outstanding_amount,
        settlement.days_to_settle,
        settlement.settlement_state,
        settlement.timeliness
    from bills
    inner join settlement
        on bills.invoice_id = settlement.invoice_id

)

select * from final
