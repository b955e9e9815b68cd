with source as (

    select * from {{ source('raw_billing', 'credit_notes') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

invoiced_accounts as (

    select
        account_id,
        min(currency) as currency
    from invoices
    group by account_id

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

resolved as (

    select
        source.*,
        invoices.invoice_id is not null as has_invoice,
        invoices.account_id as invoice_account_id,
        coalesce(source.account_id, invoices.account_id) as credited_account_id,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        coalesce(
            invoices.currency, accounts.currency, invoiced_accounts.currency, batches.currency,
            {{ default_currency() }}
        ) as currency,
        source.credit_date > batches.as_of_date as is_dated_after_extract
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
            'missing_key': is_missing('credit_note_id'),
            'missing_date': is_missing('credit_date'),
            'missing_amount': is_missing('amount'),
            'negative_amount': 'amount < 0',
            'amount_out_of_range': is_beyond('max_amount', ['amount']),
            'unknown_invoice': 'invoice_id is not null and not has_invoice',
            'missing_account': 'credited_account_id is null'
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'credit_note_id',
        [
            'invoice_id', 'account_id', 'credit_date', 'amount', 'reason'
        ],
        source('raw_billing', 'credit_notes')
    ) }}

),

final as (

    select
        -- ids
        credit_note_id,
        invoice_id,
        credited_account_id as account_id,

        -- attributes
        reason,
        currency,

        -- amounts
        amount,

        -- dates
        credit_date,

        -- flags
        {{ alerts({
            'unknown_account': 'account_id is not null and not has_account',
            'other_accounts_invoice': 'credited_account_id != invoice_account_id',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('credit_note_id') }}
    from ranked

)

select * from final
