-- What a snapshot has seen of an account's attributes, crossed with the dated statuses of the
-- change feed: a warehouse built today for the first time has seen one version only, and still
-- knows every status of the past.

with snapshot_versions as (

    select * from {{ ref('snap_accounts') }}
    where dbt_valid_from < dbt_valid_to

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

spells as (

    select * from {{ ref('int_account_spells') }}

),

versions as (

    select
        seen.account_id,
        seen.customer_id,
        seen.line_of_business,
        seen.cash_application,
        seen.payment_terms_days,
        seen.credit_limit,
        seen.currency,
        seen.opened_on,
        seen.closed_on,
        seen.is_stub,
        seen.dbt_is_deleted = 'True' as is_deleted,
        {{ version_from('seen.account_id', 'least(seen.opened_on, accounts.first_seen_on)') }}
            as valid_from,
        cast(seen.dbt_valid_to as date) as valid_to
    from snapshot_versions as seen
    left join accounts
        on seen.account_id = accounts.account_id

),

crossed as (

    select
        versions.account_id,
        versions.customer_id,
        versions.line_of_business,
        versions.cash_application,
        versions.payment_terms_days,
        versions.credit_limit,
        versions.currency,
        versions.opened_on,
        versions.closed_on,
        versions.is_stub,
        spells.status as account_status,
        versions.is_deleted,
        greatest(versions.valid_from, coalesce(spells.valid_from, versions.valid_from))
            as starts_on,
        least(versions.valid_to, coalesce(spells.valid_to, versions.valid_to)) as ends_on
    from versions
    left join spells
        on
        versions.account_id = spells.account_id
        and versions.valid_from < spells.valid_to
        and versions.valid_to > spells.valid_from

),

visible as (

    {{ visible_versions('crossed', 'account_id') }}

),

final as (

    select
        version_key as account_key,
        account_id,
        customer_id,
        line_of_business,
        account_status,
        cash_application,
        payment_terms_days,
        credit_limit,
        currency,
        opened_on,
        case when closed_on <= {{ as_of_date() }} then closed_on end as closed_on,
        is_stub,
        effective_date,
        expiry_date,
        is_current,
        is_deleted
    from visible

)

select * from final
