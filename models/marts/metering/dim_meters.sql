-- What a snapshot has seen of a meter, crossed with the dated changes of the change feed: a
-- warehouse built today for the first time has seen one version only, and still knows every
-- schedule of the past.

with snapshot_versions as (

    select * from {{ ref('snap_meters') }}
    where dbt_valid_from < dbt_valid_to

),

spells as (

    select * from {{ ref('int_meter_versions') }}

),

versions as (

    select
        meter_id,
        meter_number,
        account_id,
        consumer_type,
        rate_schedule,
        district,
        feeder,
        connected_load_kw,
        installed_on,
        dbt_is_deleted = 'True' as is_deleted,
        {{ version_from('meter_id', 'installed_on') }} as valid_from,
        cast(dbt_valid_to as date) as valid_to
    from snapshot_versions

),

-- the feed has more exact dates than the snapshot
crossed as (

    select
        versions.meter_id,
        case when spells.is_from_feed then spells.meter_number else versions.meter_number end
            as meter_number,
        case when spells.is_from_feed then spells.account_id else versions.account_id end
            as account_id,
        case when spells.is_from_feed then spells.consumer_type else versions.consumer_type end
            as consumer_type,
        case when spells.is_from_feed then spells.rate_schedule else versions.rate_schedule end
            as rate_schedule,
        case when spells.is_from_feed then spells.district else versions.district end as district,
        case when spells.is_from_feed then spells.feeder else versions.feeder end as feeder,
        case
            when spells.is_from_feed then spells.connected_load_kw
            else versions.connected_load_kw
        end as connected_load_kw,
        spells.status as meter_status,
        versions.installed_on,
        versions.is_deleted,
        greatest(versions.valid_from, coalesce(spells.valid_from, versions.valid_from))
            as starts_on,
        least(versions.valid_to, coalesce(spells.valid_to, versions.valid_to)) as ends_on
    from versions
    left join spells
        on
        versions.meter_id = spells.meter_id
        and versions.valid_from < spells.valid_to
        and versions.valid_to > spells.valid_from

),

visible as (

    {{ visible_versions('crossed', 'meter_id') }}

),

final as (

    select
        version_key as meter_key,
        meter_id,
        meter_number,
        account_id,
        consumer_type,
        rate_schedule,
        district,
        feeder,
        connected_load_kw,
        meter_status,
        installed_on,
        coalesce(lower(consumer_type) = 'feeder', false) as is_feeder_meter,
        effective_date,
        expiry_date,
        is_current,
        is_deleted
    from visible

)

select * from final
