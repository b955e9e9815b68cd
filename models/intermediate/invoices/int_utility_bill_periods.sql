-- A bill follows the reading: one that does not print its period is for the last usage that ended
-- by the day it was issued, or by the last day it prints. Usage available to an earlier bill is
-- that bill's, and a bill without usage of its own has no period. Long, since bills and usage are
-- merged into one timeline here.

with bills as (

    select * from {{ ref('int_invoices') }}
    where line_of_business = 'utility'

),

usages as (

    select * from {{ ref('stg_metering__usages') }}
    where is_accepted and cycle_end <= {{ as_of_date() }}

),

asking_accounts as (

    select account_id from bills
    where period_start is null or period_end is null
    group by account_id

),

asked_usages as (

    select * from usages
    where account_id in (select asking_accounts.account_id from asking_accounts)

),

-- usage is looked up by meter, and by account alone
findable_usages as (

    select
        *,
        meter_number as asked_meter
    from asked_usages
    where meter_number is not null
    union all
    select
        *,
        '' as asked_meter
    from asked_usages

),

numbered_usages as (

    select
        *,
        row_number() over (
            partition by account_id, asked_meter
            order by cycle_end, cycle_start, usage_id
        ) as usage_number
    from findable_usages

),

known_meters as (

    select
        account_id,
        asked_meter
    from findable_usages
    group by account_id, asked_meter

),

events as (

    select
        account_id,
        asked_meter,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        cycle_end as happened_on,
        usage_number,
        cast(null as date) as billed_on
    from numbered_usages
    union all
    select
        bills.account_id,
        coalesce(known_meters.asked_meter, '') as asked_meter,
        bills.invoice_id,
        coalesce(bills.period_end, bills.invoice_date) as happened_on,
        null as usage_number,
        coalesce(bills.period_end, bills.invoice_date) as billed_on
    from bills
    inner join asking_accounts
        on bills.account_id = asking_accounts.account_id
    left join known_meters
        on
        bills.account_id = known_meters.account_id
        and bills.meter_number = known_meters.asked_meter

),

seen as (

    select
        account_id,
        asked_meter,
        invoice_id,
        max(usage_number) over (
            partition by account_id, asked_meter
            order by happened_on
            range between unbounded preceding and current row
        ) as last_usage_number,
        max(billed_on) over (
            partition by account_id, asked_meter
            order by happened_on
            range between unbounded preceding and interval '1' day preceding
        ) as previous_billed_on
    from events

),

final as (

    select
        seen.invoice_id,
        numbered_usages.usage_id,
        numbered_usages.cycle_start,
        numbered_usages.cycle_end
    from seen
    inner join numbered_usages
        on
        seen.account_id = numbered_usages.account_id
        and seen.asked_meter = numbered_usages.asked_meter
        and seen.last_usage_number = numbered_usages.usage_number
    where
        seen.invoice_id is not null
        and coalesce(numbered_usages.cycle_end > seen.previous_billed_on, true)

)

select * from final
