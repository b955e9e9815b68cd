with rerated_bills as (

    select * from {{ ref('int_rerated_bills') }}

),

final as (

    select
        invoice_id,
        meter_number,
        billed_kwh,
        metered_kwh,
        expected_variable,
        expected_fixed,
        expected_gst,
        expected_total,
        expected_after_due,
        billed_total,
        cast(billed_total - expected_total as decimal(18, 2)) as difference,
        account_id,
        currency,
        rate_schedule,
        expected_duty,
        expected_fee,
        expected_surcharge,
        billed_variable,
        billed_fixed,
        billed_gst,
        billed_duty,
        billed_fee,
        billed_surcharge,
        tariff_total,
        charged_total,
        cast(charged_total - tariff_total as decimal(18, 2)) as price_difference,
        cast(billed_kwh - metered_kwh as decimal(18, 3)) as kwh_difference
    from rerated_bills

)

select * from final
