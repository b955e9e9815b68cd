-- What a snapshot has seen of a subscription's attributes, crossed with the dated statuses of the
-- change feed: a warehouse built today for the first time has seen one version only, and still
-- knows every status of the past.

with snapshot_versions as (

    select * from {{ ref('snap_subscriptions') }}
    where dbt_valid_from < dbt_valid_to

),

spells as (

    select * from {{ ref('int_subscription_spells') }}

),

versions as (

    select
        subscription_id,
        account_id,
        billing_day,
        started_on,
        cancelled_on,
        dbt_is_deleted = 'True' as is_deleted,
        {{ version_from('subscription_id', 'started_on') }} as valid_from,
        cast(dbt_valid_to as date) as valid_to
    from snapshot_versions

),

crossed as (

    select
        versions.subscription_id,
        versions.account_id,
        versions.billing_day,
        versions.started_on,
        versions.cancelled_on,
        spells.status as subscription_status,
        spells.plan_id,
        spells.monthly_charge,
        versions.is_deleted,
        greatest(versions.valid_from, coalesce(spells.valid_from, versions.valid_from))
            as starts_on,
        least(versions.valid_to, coalesce(spells.valid_to, versions.valid_to)) as ends_on
    from versions
    left join spells
        on
        versions.subscription_id = spells.subscription_id
        and versions.valid_from < spells.valid_to
        and versions.valid_to > spells.valid_from

),

visible as (

    {{ visible_versions('crossed', 'subscription_id') }}

),

final as (

    select
        version_key as subscription_key,
        subscription_id,
        account_id,
        plan_id,
        subscription_status,
        monthly_charge,
        billing_day,
        started_on,
        case when cancelled_on <= {{ as_of_date() }} then cancelled_on end as cancelled_on,
        effective_date,
        expiry_date,
        is_current,
        is_deleted
    from visible

)

select * from final
