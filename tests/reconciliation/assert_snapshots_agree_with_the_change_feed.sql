-- If this fails, what a snapshot saw of a status is not what the change feed says held at the end
-- of that day: an event was lost, or a snapshot ran on the wrong clock.

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

)

select * from seen
where coalesce(status, 'Active') != fed_status
