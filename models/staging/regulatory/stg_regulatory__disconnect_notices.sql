with source as (

    select * from {{ source('raw_regulatory', 'disconnect_notices') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

-- an account that only an invoice names becomes a stub
invoiced_accounts as (

    select account_id from {{ ref('stg_billing__invoices') }}
    where is_accepted
    group by account_id

),

resolved as (

    select
        source.*,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        source.served_on > batches.as_of_date as is_dated_after_extract
    from source
    left join accounts
        on source.account_id = accounts.account_id
    left join invoiced_accounts
        on source.account_id = invoiced_accounts.account_id
    left join batches
        on source._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('notice_id'),
            'missing_account': is_missing('account_id'),
            'missing_date': is_missing('served_on')
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'notice_id',
        [
            'account_id', 'served_on', 'effective_on', 'reason'
        ],
        source('raw_regulatory', 'disconnect_notices')
    ) }}

),

final as (

    select
        -- ids
        notice_id,
        account_id,

        -- attributes
        lower(trim(reason)) as notice_reason,

        -- dates
        served_on,
        effective_on,

        -- flags
        {{ alerts({
            'unknown_account': 'account_id is not null and not has_account',
            'no_effective_date': 'effective_on is null',
            'effective_before_served': 'effective_on < served_on',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('notice_id') }}
    from ranked

)

select * from final
