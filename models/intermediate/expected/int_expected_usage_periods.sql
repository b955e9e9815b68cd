with usages as (

    select * from {{ ref('int_rated_usages') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

account_spells as (

    select * from {{ ref('int_account_spells') }}
    where status = 'Active'

),

coverage as (

    select * from {{ ref('int_coverage') }}

),

invoice_periods as (

    select * from {{ ref('int_invoice_periods') }}
    where subscription_id is null

),

-- the meters of an account are billed together; one unknown charge makes the sum unknown
metered as (

    select
        account_id,
        cycle_start as period_start,
        max(cycle_end) as billing_date,
        cast(sum(usage_kwh) as decimal(18, 3)) as usage_kwh,
        case
            when count(energy_amount) = count(*)
                then cast(sum(energy_amount) as decimal(18, 2))
        end as energy_amount,
        case when min(rate_schedule) = max(rate_schedule) then min(rate_schedule) end
            as rate_schedule,
        min(lowest_rate) as lowest_rate,
        max(highest_rate) as highest_rate,
        cast(sum(certain_kwh) as decimal(18, 3)) as certain_kwh,
        cast(sum(possible_kwh) as decimal(18, 3)) as possible_kwh,
        coalesce(bool_and(is_comparable), false) as is_comparable,
        min(turned_back_on) as turned_back_on,
        coalesce(bool_or(is_from_readings), false) as is_from_readings
    from usages
    group by account_id, cycle_start

),

expected as (

    select
        metered.*,
        accounts.currency
    from metered
    inner join accounts
        on metered.account_id = accounts.account_id
    inner join coverage
        on
        accounts.line_of_business = coverage.line_of_business
        and metered.billing_date >= coverage.covers_days_from
        and metered.billing_date <= coverage.covers_to
    inner join account_spells
        on
        metered.account_id = account_spells.account_id
        and metered.billing_date >= account_spells.valid_from
        and metered.billing_date <= account_spells.billable_through

),

covered as (

    {{ covered_by_first_invoice('expected', 'invoice_periods', 'account_id') }}

),

final as (

    select
        account_id,
        period_start,
        billing_date,
        usage_kwh,
        energy_amount,
        rate_schedule,
        lowest_rate,
        highest_rate,
        currency,
        certain_kwh,
        possible_kwh,
        is_comparable,
        turned_back_on,
        is_from_readings,
        invoice_id,
        invoice_date,
        {{ day_add('billing_date', var('usage_invoicing_lag_days') + 1) }} as ghost_from
    from covered
    where invoice_rank = 1

)

select * from final
