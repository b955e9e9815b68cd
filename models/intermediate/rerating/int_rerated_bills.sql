-- A bill next to its tariff's charges for the energy that was due, and for the energy it bills.
-- Where a tariff names no fixed charge, tax or duty, one that was charged is not judged; amounts
-- that do not fit a money column are unknown.

with bills as (

    select * from {{ ref('int_metered_bills') }}

),

due as (

    select * from {{ ref('int_bill_charges') }}
    where basis = 'due'

),

priced as (

    select
        invoice_id,
        try_cast(variable_charge as decimal(18, 2)) as variable_charge,
        fixed_charge,
        try_cast(tax as decimal(18, 2)) as tax,
        try_cast(duty as decimal(18, 2)) as duty,
        try_cast(fee as decimal(18, 2)) as fee,
        try_cast(surcharge as decimal(18, 2)) as surcharge
    from {{ ref('int_bill_charges') }}
    where basis = 'billed' and variable_charge is not null

),

compared as (

    select
        bills.invoice_id,
        priced.variable_charge as tariff_variable,
        try_cast(
            priced.variable_charge + priced.fixed_charge + priced.tax + priced.duty + priced.fee
            + priced.surcharge as decimal(18, 2)
        ) as tariff_total,
        try_cast(
            bills.billed_variable
            + case when priced.fixed_charge > 0 then bills.billed_fixed else 0 end
            + case when priced.tax > 0 then bills.billed_gst else 0 end
            + case when priced.duty > 0 then bills.billed_duty else 0 end
            + case when priced.fee > 0 then bills.billed_fee else 0 end
            + case when priced.surcharge > 0 then bills.billed_surcharge else 0 end
            as decimal(18, 2)
        ) as charged_total
    from bills
    inner join priced
        on bills.invoice_id = priced.invoice_id

),

final as (

    select
        bills.invoice_id,
        bills.account_id,
        bills.meter_number,
        bills.rate_schedule,
        bills.currency,
        bills.billed_kwh,
        due.metered_kwh,
        bills.billed_variable,
        bills.billed_fixed,
        bills.billed_gst,
        bills.billed_duty,
        bills.billed_fee,
        bills.billed_surcharge,
        bills.invoiced_amount as billed_total,
        try_cast(due.variable_charge as decimal(18, 2)) as expected_variable,
        due.fixed_charge as expected_fixed,
        try_cast(due.tax as decimal(18, 2)) as expected_gst,
        try_cast(due.duty as decimal(18, 2)) as expected_duty,
        try_cast(due.fee as decimal(18, 2)) as expected_fee,
        try_cast(due.surcharge as decimal(18, 2)) as expected_surcharge,
        -- the total is rounded once, as on a bill: the rounded parts may differ from it by a cent
        try_cast(
            due.variable_charge + due.fixed_charge + due.tax + due.duty + due.fee + due.surcharge
            as decimal(18, 2)
        ) as expected_total,
        cast(
            cast(bills.invoiced_amount as decimal(28, 2)) * (1 + due.surcharge_percent * 0.01)
            as decimal(18, 2)
        ) as expected_after_due,
        compared.tariff_variable,
        compared.tariff_total,
        compared.charged_total
    from bills
    inner join due
        on bills.invoice_id = due.invoice_id
    left join compared
        on bills.invoice_id = compared.invoice_id

)

select * from final
