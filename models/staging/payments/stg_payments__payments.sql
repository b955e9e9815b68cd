with source as (

    select * from {{ source('raw_payments', 'payments') }}

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

-- an account that only an invoice names becomes a stub, so money may come in on it
invoiced_accounts as (

    select account_id from invoices
    group by account_id

),

resolved as (

    select
        source.*,
        invoices.invoice_id is not null as has_invoice,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        invoices.account_id as invoice_account_id,
        invoices.currency as invoice_currency,
        coalesce(source.account_id, invoices.account_id) as paying_account_id,
        coalesce(
            upper(trim(source.currency)), invoices.currency, accounts.currency,
            {{ default_currency() }}
        ) as paid_currency,
        source.payment_date > batches.as_of_date as is_dated_after_extract
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
            'missing_key': is_missing('payment_id'),
            'missing_date': is_missing('payment_date'),
            'missing_amount': is_missing('amount_paid') ~ ' and invoice_id is null',
            'negative_amount': 'amount_paid < 0',
            'unknown_invoice': 'invoice_id is not null and not has_invoice',
            'missing_account': 'paying_account_id is null',
            'unknown_account': 'invoice_id is null and account_id is not null and not has_account',
            'not_a_currency': 'not ' ~ is_currency('paid_currency'),
            'currency_mismatch': 'paid_currency != invoice_currency'
        }) }} as row_reasons
    from resolved

),

ranked as (

    select
        *,
        {{ rank_within_key('payment_id', [
            'payment_date nulls last', 'amount_paid nulls last', 'invoice_id nulls last',
            'account_id nulls last', 'currency nulls last', 'method nulls last'
        ]) }} as key_rank
    from judged

),

final as (

    select
        -- ids
        payment_id,
        paying_account_id as account_id,
        invoice_id,

        -- attributes
        method,
        paid_currency as currency,

        -- amounts
        amount_paid,

        -- dates
        payment_date,

        -- flags
        {{ alerts({
            'other_accounts_invoice': 'paying_account_id != invoice_account_id',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('payment_id') }}
    from ranked

)

select * from final
