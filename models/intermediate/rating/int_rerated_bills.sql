-- What was metered is what should be charged; where nothing is metered, what was billed is rated.
-- Fees and surcharges hang on facts no tariff knows, an exemption or a late payment: they are
-- expected where they were charged, at the tariff's rate.

with bills as (

    select * from {{ ref('int_metered_bills') }}

),

usage_periods as (

    select * from {{ ref('int_expected_usage_periods') }}
    where invoice_id is not null

),

rated_bills as (

    select * from {{ ref('int_rated_energy') }}
    where quantity_type = 'bill'

),

terms as (

    select * from {{ ref('int_tariff_terms') }}

),

metered as (

    select
        invoice_id,
        cast(sum(usage_kwh) as decimal(18, 3)) as metered_kwh,
        case when count(energy_amount) = count(*) then sum(energy_amount) end as energy_amount
    from usage_periods
    group by invoice_id

),

rated as (

    select
        bills.*,
        metered.metered_kwh,
        case
            when metered.invoice_id is not null then metered.energy_amount
            else rated_bills.energy_charge
        end as expected_variable,
        cast(
            coalesce(terms.fixed_rate, 0)
            + coalesce(terms.fixed_rate_per_kw * bills.connected_load_kw, 0) as decimal(18, 2)
        ) as expected_fixed,
        cast(coalesce(terms.tax_percent, 0) as decimal(9, 6)) as tax_percent,
        cast(coalesce(terms.duty_percent, 0) as decimal(9, 6)) as duty_percent,
        cast(coalesce(terms.surcharge_percent, 0) as decimal(9, 6)) as surcharge_percent,
        case when bills.billed_fee > 0 then coalesce(terms.fee_rate, 0) else 0 end as fee_rate
    from bills
    left join metered
        on bills.invoice_id = metered.invoice_id
    left join rated_bills
        on bills.invoice_id = rated_bills.quantity_id
    left join terms
        on
        bills.rate_schedule = terms.rate_schedule
        and bills.charged_on = terms.rated_on
        and bills.consumer_type is not distinct from terms.consumer_type
        and bills.connected_load_kw is not distinct from terms.connected_load_kw
    -- a bill for no energy anybody knows of cannot be rated
    where coalesce(metered.metered_kwh, bills.billed_kwh) is not null

),

-- the total is rounded once, as a bill's is: its parts, each rounded, may miss it by a cent
charged as (

    select
        *,
        cast((expected_variable + expected_fixed) * tax_percent * 0.01 as decimal(28, 8))
            as expected_gst,
        cast(expected_variable * duty_percent * 0.01 as decimal(28, 8)) as expected_duty,
        case
            when billed_surcharge > 0
                then
                    cast(
                        (expected_variable + expected_fixed) * surcharge_percent * 0.01
                        as decimal(28, 8)
                    )
            else 0
        end as expected_surcharge
    from rated

),

final as (

    select
        invoice_id,
        account_id,
        meter_number,
        rate_schedule,
        currency,
        billed_kwh,
        metered_kwh,
        billed_variable,
        billed_fixed,
        billed_gst,
        billed_duty,
        billed_fee,
        billed_surcharge,
        invoiced_amount as billed_total,
        cast(expected_variable as decimal(18, 2)) as expected_variable,
        expected_fixed,
        cast(expected_gst as decimal(18, 2)) as expected_gst,
        cast(expected_duty as decimal(18, 2)) as expected_duty,
        cast(fee_rate as decimal(18, 2)) as expected_fee,
        cast(expected_surcharge as decimal(18, 2)) as expected_surcharge,
        cast(
            expected_variable + expected_fixed + expected_gst + expected_duty + fee_rate
            + expected_surcharge as decimal(18, 2)
        ) as expected_total,
        cast(invoiced_amount * (1 + surcharge_percent * 0.01) as decimal(18, 2))
            as expected_after_due
    from charged

)

select * from final
