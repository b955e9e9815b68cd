with source as (

    select * from {{ source('raw_payments', 'payment_methods') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

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
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account
    from source
    left join accounts
        on source.account_id = accounts.account_id
    left join invoiced_accounts
        on source.account_id = invoiced_accounts.account_id

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('payment_method_id'),
            'missing_account': is_missing('account_id')
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'payment_method_id',
        [
            'account_id', 'method', 'expires_on', 'is_default'
        ],
        source('raw_payments', 'payment_methods')
    ) }}

),

final as (

    select
        -- ids
        payment_method_id,
        account_id,

        -- attributes
        lower(trim(method)) as method,
        coalesce(is_default, false) as is_default,

        -- dates
        expires_on,

        -- flags
        {{ alerts({
            'unknown_account': 'account_id is not null and not has_account',
            'no_method': 'method is null'
        }) }} as alerts,

        {{ verdict('payment_method_id') }}
    from ranked

)

select * from final
