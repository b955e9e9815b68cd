with source as (

    select
        *,
        lower(trim(kind)) as discount_kind
    from {{ source('raw_billing', 'discounts') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

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
        subscriptions.subscription_id is not null as has_subscription,
        subscriptions.account_id as subscription_account_id,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account
    from source
    left join subscriptions
        on source.subscription_id = subscriptions.subscription_id
    left join accounts
        on source.account_id = accounts.account_id
    left join invoiced_accounts
        on source.account_id = invoiced_accounts.account_id

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('discount_id'),
            'missing_account':
                is_missing('account_id') ~ ' and ' ~ is_missing('subscription_id'),
            'missing_kind': is_missing('kind'),
            'unknown_kind': "discount_kind not in ('percent', 'amount')",
            'missing_value': is_missing('value'),
            'negative_amount': 'value < 0 or cap_amount < 0',
            'percent_out_of_range': "discount_kind = 'percent' and value > 100",
            'amount_out_of_range': is_beyond('max_amount', ['value', 'cap_amount'])
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'discount_id',
        [
            'subscription_id', 'account_id', 'kind', 'value', 'cap_amount', 'valid_from',
            'valid_to'
        ],
        source('raw_billing', 'discounts')
    ) }}

),

final as (

    select
        -- ids
        discount_id,
        subscription_id,
        coalesce(account_id, subscription_account_id) as account_id,

        -- attributes
        discount_kind,

        -- amounts
        value as discount_value,
        cap_amount,

        -- dates
        valid_from,
        valid_to,

        -- flags
        {{ alerts({
            'unknown_subscription': 'subscription_id is not null and not has_subscription',
            'unknown_account': 'account_id is not null and not has_account',
            'other_accounts_subscription': 'account_id != subscription_account_id',
            'ends_before_start': 'valid_to < valid_from'
        }) }} as alerts,

        {{ verdict('discount_id') }}
    from ranked

)

select * from final
