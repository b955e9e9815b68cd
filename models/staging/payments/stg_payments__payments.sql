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

invoiced_accounts as (

    select
        account_id,
        min(currency) as currency
    from invoices
    group by account_id

),

-- money that names neither account nor invoice is known by where it is told to go, if that is one
-- account
allocated_accounts as (

    select
        allocations.payment_id,
        min(invoices.account_id) as account_id,
        min(invoices.currency) as currency
    from {{ source('raw_payments', 'payment_allocations') }} as allocations
    inner join invoices
        on allocations.invoice_id = invoices.invoice_id
    where
        allocations.payment_id in (
            select source.payment_id from source
            where source.account_id is null and source.invoice_id is null
        )
    group by allocations.payment_id
    having min(invoices.account_id) = max(invoices.account_id)

),

resolved as (

    select
        source.*,
        invoices.invoice_id is not null as has_invoice,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        invoices.account_id as invoice_account_id,
        invoices.currency as invoice_currency,
        coalesce(source.account_id, invoices.account_id, allocated_accounts.account_id)
            as paying_account_id,
        coalesce(
            upper(trim(source.currency)), invoices.currency, accounts.currency,
            invoiced_accounts.currency, allocated_accounts.currency, batches.currency,
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
    left join allocated_accounts
        on
        source.payment_id = allocated_accounts.payment_id
        and source.account_id is null
        and source.invoice_id is null
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
            'amount_out_of_range': is_beyond('max_amount', ['amount_paid']),
            'unknown_invoice': 'invoice_id is not null and not has_invoice',
            'missing_account': 'invoice_id is not null and paying_account_id is null',
            'not_a_currency': 'not ' ~ is_currency('paid_currency'),
            'currency_mismatch': 'paid_currency != invoice_currency'
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'payment_id',
        [
            'account_id', 'invoice_id', 'payment_date', 'amount_paid', 'currency', 'method'
        ],
        source('raw_payments', 'payments')
    ) }}

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
            'unidentified': 'invoice_id is null and paying_account_id is null',
            'unknown_account': 'account_id is not null and not has_account',
            'other_accounts_invoice': 'paying_account_id != invoice_account_id',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('payment_id') }}
    from ranked

)

select * from final
