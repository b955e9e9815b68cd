with settlement as (

    select * from {{ ref('int_invoice_settlement') }}

),

payments as (

    select * from {{ ref('int_payments') }}

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted and credit_date <= {{ as_of_date() }}

),

open_item_refunds as (

    select * from {{ ref('int_open_item_movements') }}
    where cause = 'refund'

),

balance_forward_refunds as (

    select * from {{ ref('int_account_refunds') }}

),

-- a credit note that documents a refund replaces it
balance_forward_credits as (

    select
        account_id,
        currency,
        case when cause = 'refund' then credited_amount else -taken_amount end
            as refund_credit_amount
    from balance_forward_refunds

),

invoiced as (

    select
        account_id,
        currency,
        sum(paid_amount) as applied_amount,
        sum(credited_amount) as credited_amount,
        sum(outstanding_amount) as outstanding_amount,
        sum(case when outstanding_amount > 0 then 1 else 0 end) as open_invoice_count,
        min(case when outstanding_amount > 0 then due_date end) as oldest_due_date
    from settlement
    group by account_id, currency

),

money as (

    {% for kind, amount, relation in [
        ('received', 'amount_paid', 'payments'),
        ('reversed', 'amount', 'reversals'),
        ('credit_note', 'amount', 'credit_notes'),
        ('refund_credit', 'amount', 'open_item_refunds'),
        ('refund_credit', 'refund_credit_amount', 'balance_forward_credits'),
    ] -%}
        select
            account_id,
            currency,
            '{{ kind }}' as kind,
            {{ amount }} as amount
        from {{ relation }}
        {%- if not loop.last %}
            union all
        {% endif -%}
    {% endfor %}

),

received as (

    select
        account_id,
        currency,
        sum(case when kind = 'received' then amount else 0 end) as received_amount,
        sum(case when kind = 'reversed' then amount else 0 end) as reversed_amount,
        sum(case when kind = 'credit_note' then amount else 0 end) as credit_note_amount,
        sum(case when kind = 'refund_credit' then amount else 0 end) as refund_credit_amount
    from money
    group by account_id, currency

),

amounts as (

    select
        coalesce(invoiced.account_id, received.account_id) as account_id,
        coalesce(invoiced.currency, received.currency) as currency,
        coalesce(received.received_amount, 0) as received_amount,
        coalesce(received.reversed_amount, 0) as reversed_amount,
        coalesce(received.credit_note_amount, 0) as credit_note_amount,
        coalesce(received.refund_credit_amount, 0) as refund_credit_amount,
        coalesce(invoiced.applied_amount, 0) as applied_amount,
        coalesce(invoiced.credited_amount, 0) as credited_amount,
        coalesce(invoiced.outstanding_amount, 0) as outstanding_amount,
        coalesce(invoiced.open_invoice_count, 0) as open_invoice_count,
        invoiced.oldest_due_date
    from invoiced
    full outer join received
        on invoiced.account_id = received.account_id and invoiced.currency = received.currency

),

final as (

    select
        account_id,
        currency,
        cast(received_amount as decimal(18, 2)) as received_amount,
        cast(reversed_amount as decimal(18, 2)) as reversed_amount,
        cast(credit_note_amount as decimal(18, 2)) as credit_note_amount,
        cast(refund_credit_amount as decimal(18, 2)) as refund_credit_amount,
        cast(applied_amount as decimal(18, 2)) as applied_amount,
        cast(credited_amount as decimal(18, 2)) as credited_amount,
        cast(
            received_amount - reversed_amount + credit_note_amount + refund_credit_amount
            - applied_amount - credited_amount as decimal(18, 2)
        ) as unapplied_amount,
        cast(received_amount - reversed_amount - applied_amount as decimal(18, 2))
            as unapplied_cash_amount,
        cast(outstanding_amount as decimal(18, 2)) as outstanding_amount,
        cast(open_invoice_count as bigint) as open_invoice_count,
        oldest_due_date
    from amounts

)

select * from final
