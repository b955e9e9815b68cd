-- The row of an entity has its current status, the change feed the status at the end of every day:
-- on the last day of the extracts the two must agree.

with as_of as (

    select * from {{ ref('int_as_of_date') }}
    where last_extract_on <= as_of_date

),

changes as (

    select
        source_table,
        entity_key
    from {{ ref('int_status_changes') }}
    group by source_table, entity_key

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

account_spells as (

    select * from {{ ref('int_account_spells') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

subscription_spells as (

    select * from {{ ref('int_subscription_spells') }}

),

meters as (

    select * from {{ ref('stg_metering__meters') }}
    where is_accepted

),

meter_versions as (

    select * from {{ ref('int_meter_versions') }}

),

stated as (

    select
        'raw_crm.accounts' as source_table,
        'account' as entity_type,
        accounts.account_id as entity_id,
        accounts.account_id,
        accounts.status as row_status,
        spells.status as feed_status,
        spells.valid_from,
        spells.valid_to
    from accounts
    inner join account_spells as spells
        on accounts.account_id = spells.account_id
    union all
    select
        'raw_billing.subscriptions' as source_table,
        'subscription' as entity_type,
        subscriptions.subscription_id as entity_id,
        subscriptions.account_id,
        subscriptions.status as row_status,
        spells.status as feed_status,
        spells.valid_from,
        spells.valid_to
    from subscriptions
    inner join subscription_spells as spells
        on subscriptions.subscription_id = spells.subscription_id
    union all
    select
        'raw_metering.meters' as source_table,
        'meter' as entity_type,
        meters.meter_id as entity_id,
        meters.account_id,
        meters.status as row_status,
        meter_versions.status as feed_status,
        meter_versions.valid_from,
        meter_versions.valid_to
    from meters
    inner join meter_versions
        on meters.meter_id = meter_versions.meter_id

),

final as (

    select
        'feed_mismatch' as rule,
        stated.entity_type,
        stated.entity_id,
        stated.account_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        cast(date_trunc('month', as_of.last_extract_on) as date) as period_start,
        cast(null as decimal(18, 2)) as amount,
        cast(null as {{ dbt.type_string() }}) as currency,
        as_of.last_extract_on as found_on,
        coalesce(stated.row_status, 'Active') || '; by the change feed ' || stated.feed_status
            as evidence
    from stated
    inner join changes
        on stated.source_table = changes.source_table and stated.entity_id = changes.entity_key
    inner join as_of
        on
        stated.valid_from <= as_of.last_extract_on
        and stated.valid_to > as_of.last_extract_on
    where coalesce(stated.row_status, 'Active') != stated.feed_status

)

select * from final
