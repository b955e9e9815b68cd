with source as (

    select * from {{ source('raw_payments', 'refunds') }}

),

payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted

),

resolved as (

    select
        source.*,
        payments.payment_id is not null as has_payment,
        payments.amount_paid,
        coalesce(lower(trim(source.kind)), 'refund') as refund_kind,
        -- a single reversal larger than its payment is rejected by itself and must not use up the
        -- rest
        sum(case when source.amount <= payments.amount_paid then source.amount else 0 end) over (
            partition by source.payment_id
            order by source.refund_date nulls last, source.refund_id nulls last
            rows between unbounded preceding and current row
        ) as reversed_to_date
    from source
    left join payments
        on source.payment_id = payments.payment_id

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('refund_id'),
            'missing_date': is_missing('refund_date'),
            'missing_amount': is_missing('amount'),
            'negative_amount': 'amount < 0',
            'unknown_payment': 'not has_payment',
            'unknown_kind': "refund_kind not in ('refund', 'chargeback')",
            'beyond_payment': 'amount > amount_paid or reversed_to_date > amount_paid'
        }) }} as row_reasons
    from resolved

),

ranked as (

    select
        *,
        {{ rank_within_key('refund_id', [
            'refund_date nulls last', 'amount nulls last', 'payment_id nulls last',
            'kind nulls last'
        ]) }} as key_rank
    from judged

),

final as (

    select
        -- ids
        refund_id,
        payment_id,

        -- attributes
        refund_kind,

        -- amounts
        amount,

        -- dates
        refund_date,

        {{ verdict('refund_id') }}
    from ranked

)

select * from final
