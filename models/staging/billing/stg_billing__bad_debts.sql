with source as (

    select * from {{ source('raw_billing', 'bad_debts') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

-- an account that only an invoice names becomes a stub
invoiced_accounts as (

    select account_id from invoices
    group by account_id

),

resolved as (

    select
        source.*,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        source.closed_on > batches.as_of_date as is_dated_after_extract
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
            'missing_key': is_missing('account_id'),
            'missing_date': is_missing('closed_on'),
            'unknown_account': 'account_id is not null and not has_account',
            'amount_out_of_range': is_beyond('max_amount', ['closing_balance']),
            'score_out_of_range': is_beyond('max_rate', ['score'])
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'account_id',
        [
            'closed_on', 'closing_balance', 'score', 'is_bad_debt'
        ],
        source('raw_billing', 'bad_debts')
    ) }}

),

final as (

    select
        -- ids
        account_id,

        -- attributes
        score,

        -- amounts
        closing_balance,

        -- dates
        closed_on,

        -- flags
        is_bad_debt,
        {{ alerts({
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('account_id') }}
    from ranked

)

select * from final
