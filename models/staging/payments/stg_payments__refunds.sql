with source as (

    select
        *,
        coalesce(lower(trim(kind)), 'refund') as refund_kind
    from {{ source('raw_payments', 'refunds') }}

),

payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

refundable_amounts as (

    select * from {{ ref('stg_payments__refundable_amounts') }}

),

resolved as (

    select
        source.*,
        payments.payment_id is not null as has_payment,
        invoices.invoice_id is not null as has_invoice,
        invoices.currency,
        case
            when source.payment_id is not null then 'payment'
            else coalesce(refundable_amounts.taken_from, 'account')
        end as taken_from,
        case
            when source.payment_id is not null then source.payment_id
            when refundable_amounts.taken_from = 'invoice' then source.invoice_id
            else invoices.account_id
        end as taken_from_id,
        coalesce(payments.amount_paid, refundable_amounts.takeable_amount) as takeable_amount
    from source
    left join payments
        on source.payment_id = payments.payment_id
    left join invoices
        on source.invoice_id = invoices.invoice_id
    left join refundable_amounts
        on
        source.invoice_id = refundable_amounts.invoice_id
        and source.refund_date = refundable_amounts.refund_date
        and source.payment_id is null

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('refund_id'),
            'missing_date': is_missing('refund_date'),
            'missing_amount': is_missing('amount'),
            'negative_amount': 'amount < 0',
            'amount_out_of_range': is_beyond('max_amount', ['amount']),
            'missing_payment': 'payment_id is null and invoice_id is null',
            'unknown_payment': 'payment_id is not null and not has_payment',
            'unknown_invoice': 'payment_id is null and invoice_id is not null and not has_invoice',
            'unknown_kind': "refund_kind not in ('refund', 'chargeback')"
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'refund_id',
        [
            'payment_id', 'invoice_id', 'refund_date', 'amount', 'kind'
        ],
        source('raw_payments', 'refunds')
    ) }}

),

-- a single reversal larger than its payment is rejected by itself and must not use up the rest, and
-- neither must a copy or a row with a fault
running as (

    select
        *,
        row_reasons is null and key_rank = 1 as is_usable,
        sum(
            case
                when row_reasons is null and key_rank = 1 and amount <= takeable_amount then amount
                else 0
            end
        ) over (
            partition by taken_from, taken_from_id, case when payment_id is null then currency end
            order by refund_date nulls last, refund_id nulls last, key_rank
            rows between unbounded preceding and current row
        ) as taken_to_date
    from ranked

),

final as (

    select
        -- ids
        refund_id,
        payment_id,
        invoice_id,

        -- attributes
        refund_kind,
        taken_from,

        -- amounts
        amount,

        -- dates
        refund_date,

        {{ verdict('refund_id', {
            'beyond_payment':
                'amount > takeable_amount or (is_usable and taken_to_date > takeable_amount)'
        }) }}
    from running

)

select * from final
