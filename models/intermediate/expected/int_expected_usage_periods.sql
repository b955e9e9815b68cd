with usages as (

    select * from {{ ref('int_metered_usages') }}

),

rated as (

    select * from {{ ref('int_rated_energy') }}
    where quantity_type = 'usage'

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
        usages.account_id,
        usages.cycle_start as period_start,
        max(usages.cycle_end) as billing_date,
        cast(sum(usages.usage_kwh) as decimal(18, 3)) as usage_kwh,
        case
            when count(rated.energy_amount) = count(*)
                then cast(sum(rated.energy_amount) as decimal(18, 2))
        end as energy_amount,
        case
            when min(usages.rate_schedule) = max(usages.rate_schedule)
                then min(usages.rate_schedule)
        end as rate_schedule,
        min(rated.lowest_rate) as lowest_rate,
        max(rated.highest_rate) as highest_rate,
        cast(sum(usages.certain_kwh) as decimal(18, 3)) as certain_kwh,
        cast(sum(usages.possible_kwh) as decimal(18, 3)) as possible_kwh,
        coalesce(bool_and(usages.is_comparable), false) as is_comparable,
        min(usages.turned_back_on) as turned_back_on,
        coalesce(bool_or(usages.is_from_readings), false) as is_from_readings
    from usages
    left join rated
        on usages.usage_id = rated.quantity_id
    group by usages.account_id, usages.cycle_start

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
