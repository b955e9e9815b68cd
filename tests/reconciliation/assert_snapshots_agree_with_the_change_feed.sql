-- If this fails, what a snapshot saw of a status is not what the change feed says held at the end
-- of that day: an event was lost, or a snapshot ran on the wrong clock. For extracts from outside
-- the simulator it is a finding (`feed_mismatch`): their rows may disagree with their feed.

with feed as (

    select
        entity_key,
        source_table
    from {{ ref('int_status_changes') }}
    group by entity_key, source_table

),

seen as (

    select
        snap_accounts.account_id as entity_id,
        snap_accounts.status,
        cast(snap_accounts.dbt_valid_from as date) as seen_on,
        int_account_spells.status as fed_status
    from {{ ref('snap_accounts') }} as snap_accounts
    inner join feed
        on snap_accounts.account_id = feed.entity_key and feed.source_table = 'raw_crm.accounts'
    inner join {{ ref('int_account_spells') }} as int_account_spells
        on
        snap_accounts.account_id = int_account_spells.account_id
        and cast(snap_accounts.dbt_valid_from as date) >= int_account_spells.valid_from
        and cast(snap_accounts.dbt_valid_from as date) < int_account_spells.valid_to
    where snap_accounts.dbt_is_deleted = 'False'

    union all

    select
        snap_subscriptions.subscription_id as entity_id,
        snap_subscriptions.status,
        cast(snap_subscriptions.dbt_valid_from as date) as seen_on,
        int_subscription_spells.status as fed_status
    from {{ ref('snap_subscriptions') }} as snap_subscriptions
    inner join feed
        on
        snap_subscriptions.subscription_id = feed.entity_key
        and feed.source_table = 'raw_billing.subscriptions'
    inner join {{ ref('int_subscription_spells') }} as int_subscription_spells
        on
        snap_subscriptions.subscription_id = int_subscription_spells.subscription_id
        and cast(snap_subscriptions.dbt_valid_from as date)
        >= int_subscription_spells.valid_from
        and cast(snap_subscriptions.dbt_valid_from as date) < int_subscription_spells.valid_to
    where snap_subscriptions.dbt_is_deleted = 'False'

    union all

    -- for a meter the schedule counts as well as the status
    select
        snap_meters.meter_id as entity_id,
        concat_ws(
            ' by ', coalesce(snap_meters.status, 'Active'), snap_meters.rate_schedule
        ) as status,
        cast(snap_meters.dbt_valid_from as date) as seen_on,
        concat_ws(' by ', int_meter_versions.status, int_meter_versions.rate_schedule)
            as fed_status
    from {{ ref('snap_meters') }} as snap_meters
    inner join {{ ref('int_meter_versions') }} as int_meter_versions
        on
        snap_meters.meter_id = int_meter_versions.meter_id
        and int_meter_versions.is_from_feed
        and cast(snap_meters.dbt_valid_from as date) >= int_meter_versions.valid_from
        and cast(snap_meters.dbt_valid_from as date) < int_meter_versions.valid_to
    where snap_meters.dbt_is_deleted = 'False'

)

select seen.*
from seen
inner join {{ ref('int_as_of_date') }} as as_of
    on as_of.is_simulated
where coalesce(seen.status, 'Active') != seen.fed_status
