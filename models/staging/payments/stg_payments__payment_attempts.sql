with source as (

    select * from {{ source('raw_payments', 'payment_attempts') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

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

    select account_id from invoices
    group by account_id

),

resolved as (

    select
        source.*,
        invoices.invoice_id is not null as has_invoice,
        invoices.account_id as invoice_account_id,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        cast(source.attempted_at as date) > batches.as_of_date as is_dated_after_extract
    from source
    left join invoices
        on source.invoice_id = invoices.invoice_id
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
            'missing_key': is_missing('attempt_id'),
            'missing_account':
                is_missing('account_id') ~ ' and ' ~ is_missing('invoice_id'),
            'missing_date': is_missing('attempted_at'),
            'missing_outcome': is_missing('outcome'),
            'negative_amount': 'amount < 0',
            'amount_out_of_range': is_beyond('max_amount', ['amount'])
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'attempt_id',
        [
            'account_id', 'invoice_id', 'attempted_at', 'amount', 'outcome', 'failure_code'
        ],
        source('raw_payments', 'payment_attempts')
    ) }}

),

final as (

    select
        -- ids
        attempt_id,
        coalesce(account_id, invoice_account_id) as account_id,
        invoice_id,

        -- attributes
        lower(trim(outcome)) as outcome,
        lower(trim(failure_code)) as failure_code,

        -- amounts
        amount as attempted_amount,

        -- dates
        attempted_at,
        cast(attempted_at as date) as attempted_on,

        -- flags
        {{ alerts({
            'unknown_account': 'account_id is not null and not has_account',
            'unknown_invoice': 'invoice_id is not null and not has_invoice',
            'other_accounts_invoice': 'account_id != invoice_account_id',
            'no_amount': 'amount is null',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('attempt_id') }}
    from ranked

)

select * from final
