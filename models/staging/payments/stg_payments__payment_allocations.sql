with source as (

    select * from {{ source('raw_payments', 'payment_allocations') }}

),

payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

resolved as (

    select
        source.*,
        payments.payment_id is not null as has_payment,
        payments.account_id as paying_account_id,
        payments.currency as paid_currency,
        payments.amount_paid,
        coalesce(source.allocated_on, payments.payment_date) as told_on,
        invoices.invoice_id is not null as has_invoice,
        invoices.account_id as invoice_account_id,
        invoices.currency as invoice_currency,
        coalesce(source.allocated_on, payments.payment_date) > batches.as_of_date
            as is_dated_after_extract
    from source
    left join payments
        on source.payment_id = payments.payment_id
    left join invoices
        on source.invoice_id = invoices.invoice_id
    left join batches
        on source._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('allocation_id'),
            'missing_payment': is_missing('payment_id'),
            'missing_invoice': is_missing('invoice_id'),
            'missing_amount': is_missing('amount'),
            'negative_amount': 'amount < 0',
            'amount_out_of_range': is_beyond('max_amount', ['amount']),
            'unknown_payment': 'payment_id is not null and not has_payment',
            'unknown_invoice': 'invoice_id is not null and not has_invoice',
            'currency_mismatch': 'paid_currency != invoice_currency'
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'allocation_id',
        [
            'payment_id', 'invoice_id', 'allocated_on', 'amount'
        ],
        source('raw_payments', 'payment_allocations')
    ) }}

),

-- a rejected row tells nothing, so it uses up nothing of its payment
told as (

    select
        *,
        sum(case when row_reasons is null and key_rank = 1 then amount else 0 end) over (
            partition by payment_id
            order by told_on nulls last, allocation_id nulls last, key_rank
            rows between unbounded preceding and current row
        ) as allocated_to_date
    from ranked

),

final as (

    select
        -- ids
        allocation_id,
        payment_id,
        invoice_id,

        -- amounts
        amount,

        -- dates
        told_on as allocated_on,

        -- flags
        {{ alerts({
            'other_accounts_invoice': 'paying_account_id != invoice_account_id',
            'dated_after_extract': 'is_dated_after_extract',
            'beyond_payment': 'allocated_to_date > amount_paid'
        }) }} as alerts,

        {{ verdict('allocation_id') }}
    from told

)

select * from final
