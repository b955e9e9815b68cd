-- A tariff's charges for a bill, on two bases. Metered energy is what should be charged, or billed
-- energy where nothing is metered. Next to it are the charges for the billed energy itself, each
-- rounded as on a bill: whether the price was right. Fees and surcharges depend on facts outside
-- the tariff, such as an exemption or a late payment: they are expected where they were charged, at
-- the tariff's rate. Long because of its columns: every charge is there on both bases.

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
        case
            when count(energy_amount) = count(*) then try_cast(sum(energy_amount) as decimal(24, 9))
        end as energy_amount
    from usage_periods
    group by invoice_id

),

-- a bill without any known energy cannot be rated
quantities as (

    select
        bills.*,
        'due' as basis,
        metered.metered_kwh,
        case
            when metered.invoice_id is not null then metered.energy_amount
            else rated_bills.energy_charge
        end as variable_charge
    from bills
    left join metered
        on bills.invoice_id = metered.invoice_id
    left join rated_bills
        on bills.invoice_id = rated_bills.quantity_id
    where coalesce(metered.metered_kwh, bills.billed_kwh) is not null
    union all
    select
        bills.*,
        'billed' as basis,
        null as metered_kwh,
        try_cast(rated_bills.energy_amount as decimal(24, 9)) as variable_charge
    from bills
    inner join rated_bills
        on bills.invoice_id = rated_bills.quantity_id

),

rated as (

    select
        quantities.*,
        cast(
            least(
                coalesce(terms.fixed_rate, 0)
                + coalesce(
                    cast(terms.fixed_rate_per_kw as decimal(28, 6)) * quantities.connected_load_kw,
                    0
                ),
                {{ var('max_amount') }}
            ) as decimal(18, 2)
        ) as fixed_charge,
        cast(coalesce(terms.tax_percent, 0) as decimal(12, 6)) as tax_percent,
        cast(coalesce(terms.duty_percent, 0) as decimal(12, 6)) as duty_percent,
        cast(coalesce(terms.surcharge_percent, 0) as decimal(12, 6)) as surcharge_percent,
        cast(
            case when quantities.billed_fee > 0 then coalesce(terms.fee_rate, 0) else 0 end
            as decimal(18, 6)
        ) as fee
    from quantities
    left join terms
        on
        quantities.rate_schedule = terms.rate_schedule
        and quantities.charged_on = terms.rated_on
        and quantities.consumer_type is not distinct from terms.consumer_type
        and quantities.connected_load_kw is not distinct from terms.connected_load_kw

),

final as (

    select
        invoice_id,
        basis,
        metered_kwh,
        variable_charge,
        fixed_charge,
        cast((variable_charge + fixed_charge) * tax_percent * 0.01 as decimal(28, 8)) as tax,
        cast(variable_charge * duty_percent * 0.01 as decimal(28, 8)) as duty,
        fee,
        case
            when billed_surcharge > 0
                then
                    cast(
                        (variable_charge + fixed_charge) * surcharge_percent * 0.01
                        as decimal(28, 8)
                    )
            else 0
        end as surcharge,
        surcharge_percent
    from rated

)

select * from final
