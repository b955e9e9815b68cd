-- What a snapshot has seen of a customer's attributes, crossed with the dated statuses of the
-- change feed: a warehouse built today for the first time has seen one version only, and still
-- knows every status of the past.

with snapshot_versions as (

    select * from {{ ref('snap_customers') }}
    where dbt_valid_from < dbt_valid_to

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

account_spells as (

    select * from {{ ref('int_account_spells') }}

),

customer_statuses as (

    select
        accounts.customer_id,
        account_spells.status,
        account_spells.valid_from,
        account_spells.valid_to
    from account_spells
    inner join accounts
        on account_spells.account_id = accounts.account_id

),

change_days as (

    select
        customer_id,
        valid_from
    from customer_statuses
    group by customer_id, valid_from

),

-- a customer has the status of its most active account
statuses as (

    select
        change_days.customer_id,
        change_days.valid_from,
        {{ liveliest_status('customer_statuses.status') }} as status
    from change_days
    inner join customer_statuses
        on
        change_days.customer_id = customer_statuses.customer_id
        and change_days.valid_from >= customer_statuses.valid_from
        and change_days.valid_from < customer_statuses.valid_to
    group by change_days.customer_id, change_days.valid_from

),

spells as (

    select
        customer_id,
        status,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by customer_id order by valid_from),
            {{ end_of_time() }}
        ) as valid_to
    from statuses

),

versions as (

    select
        customer_id,
        customer_name,
        street as address,
        city,
        region as state,
        postal_code as zip_code,
        segment as customer_type,
        is_stub,
        dbt_is_deleted = 'True' as is_deleted,
        {{ version_from('customer_id', 'created_on') }} as valid_from,
        cast(dbt_valid_to as date) as valid_to
    from snapshot_versions

),

crossed as (

    select
        versions.customer_id,
        versions.customer_name,
        versions.address,
        versions.city,
        versions.state,
        versions.zip_code,
        versions.customer_type,
        versions.is_stub,
        spells.status as account_status,
        versions.is_deleted,
        greatest(versions.valid_from, coalesce(spells.valid_from, versions.valid_from))
            as starts_on,
        least(versions.valid_to, coalesce(spells.valid_to, versions.valid_to)) as ends_on
    from versions
    left join spells
        on
        versions.customer_id = spells.customer_id
        and versions.valid_from < spells.valid_to
        and versions.valid_to > spells.valid_from

),

visible as (

    {{ visible_versions('crossed', 'customer_id') }}

),

final as (

    select
        version_key as customer_key,
        customer_id,
        customer_name,
        address,
        city,
        state,
        zip_code,
        customer_type,
        account_status,
        is_stub,
        effective_date,
        expiry_date,
        is_current,
        is_deleted
    from visible

)

select * from final
