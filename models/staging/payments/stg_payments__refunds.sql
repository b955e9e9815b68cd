-- A reversal names its payment, or only the invoice, and then takes back what came in for it. Long,
-- since the two are judged by different money.

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

named_invoices as (

    select
        source.invoice_id,
        source.refund_date,
        invoices.account_id,
        invoices.currency
    from source
    inner join invoices
        on source.invoice_id = invoices.invoice_id
    where source.payment_id is null
    group by source.invoice_id, source.refund_date, invoices.account_id, invoices.currency

),

by_payment as (

    select
        source.payment_id,
        source.amount,
        payments.amount_paid,
        sum(source.amount) over (
            partition by source.payment_id
            order by source.refund_date nulls last, source.refund_id nulls last
            rows between unbounded preceding and current row
        ) as taken_to_date
    from source
    inner join payments
        on source.payment_id = payments.payment_id and source.amount <= payments.amount_paid

),

taken_by_payment as (

    select
        payment_id,
        sum(amount) as amount
    from by_payment
    where taken_to_date <= amount_paid
    group by payment_id

),

takeable as (

    select
        payments.account_id,
        payments.currency,
        payments.invoice_id,
        payments.payment_date,
        greatest(payments.amount_paid - coalesce(taken_by_payment.amount, 0), 0) as amount
    from payments
    left join taken_by_payment
        on payments.payment_id = taken_by_payment.payment_id
    where payments.account_id in (select named_invoices.account_id from named_invoices)

),

-- what had come in for the invoice by that day; where nothing had, what names no invoice
came_in as (

    select
        named_invoices.invoice_id,
        named_invoices.refund_date,
        coalesce(bool_or(takeable.invoice_id is not null), false) as is_paid_by_name,
        sum(takeable.amount) filter (where takeable.invoice_id is not null) as named_amount,
        sum(takeable.amount) filter (where takeable.invoice_id is null) as unnamed_amount,
        bool_or(takeable.invoice_id is not null and takeable.amount is null) as is_unpriced
    from named_invoices
    left join takeable
        on
        named_invoices.account_id = takeable.account_id
        and named_invoices.currency = takeable.currency
        and named_invoices.refund_date >= takeable.payment_date
        and coalesce(named_invoices.invoice_id = takeable.invoice_id, true)
    group by named_invoices.invoice_id, named_invoices.refund_date

),

resolved as (

    select
        source.*,
        payments.payment_id is not null as has_payment,
        invoices.invoice_id is not null as has_invoice,
        case
            when source.payment_id is not null then 'payment'
            when came_in.is_paid_by_name then 'invoice'
            else 'account'
        end as taken_from,
        case
            when source.payment_id is not null then payments.amount_paid
            when came_in.is_unpriced then null
            when came_in.is_paid_by_name then coalesce(came_in.named_amount, 0)
            else coalesce(came_in.unnamed_amount, 0)
        end as takeable_amount,
        case
            when source.payment_id is not null then source.payment_id
            when came_in.is_paid_by_name then source.invoice_id
            else invoices.account_id
        end as taken_from_id,
        invoices.currency
    from source
    left join payments
        on source.payment_id = payments.payment_id
    left join invoices
        on source.invoice_id = invoices.invoice_id
    left join came_in
        on
        source.invoice_id = came_in.invoice_id
        and source.refund_date = came_in.refund_date
        and source.payment_id is null

),

-- a single reversal larger than its payment is rejected by itself and must not use up the rest
running as (

    select
        *,
        sum(case when amount <= takeable_amount then amount else 0 end) over (
            partition by taken_from, taken_from_id, case when payment_id is null then currency end
            order by refund_date nulls last, refund_id nulls last
            rows between unbounded preceding and current row
        ) as taken_to_date
    from resolved

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('refund_id'),
            'missing_date': is_missing('refund_date'),
            'missing_amount': is_missing('amount'),
            'negative_amount': 'amount < 0',
            'missing_payment': 'payment_id is null and invoice_id is null',
            'unknown_payment': 'payment_id is not null and not has_payment',
            'unknown_invoice': 'payment_id is null and invoice_id is not null and not has_invoice',
            'unknown_kind': "refund_kind not in ('refund', 'chargeback')",
            'beyond_payment': 'amount > takeable_amount or taken_to_date > takeable_amount'
        }) }} as row_reasons
    from running

),

ranked as (

    select
        *,
        {{ rank_within_key('refund_id', [
            'refund_date nulls last', 'amount nulls last', 'payment_id nulls last',
            'invoice_id nulls last', 'kind nulls last'
        ]) }} as key_rank
    from judged

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

        {{ verdict('refund_id') }}
    from ranked

)

select * from final
