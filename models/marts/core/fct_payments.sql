with payments as (

    select * from {{ ref('int_payments') }}

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}

),

applications as (

    select * from {{ ref('int_payment_applications') }}
    where not is_split

),

split_applications as (

    select * from {{ ref('int_payment_applications') }}
    where is_split

),

reversed as (

    select
        payment_id,
        sum(amount) as reversed_amount,
        sum(case when cause = 'refund' then amount else 0 end) as refunded_amount
    from reversals
    group by payment_id

),

-- only a payment that allocation rows split is applied in several places
applied as (

    select
        payment_id,
        applied_amount
    from applications

    union all

    select
        payment_id,
        sum(applied_amount) as applied_amount
    from split_applications
    group by payment_id

),

amounts as (

    select
        payments.*,
        coalesce(reversed.reversed_amount, 0) as reversed_amount,
        coalesce(reversed.refunded_amount, 0) as refunded_amount,
        coalesce(applied.applied_amount, 0) as applied_amount
    from payments
    left join reversed
        on payments.payment_id = reversed.payment_id
    left join applied
        on payments.payment_id = applied.payment_id

),

final as (

    select
        payment_id,
        account_id,
        invoice_id,
        payment_date,
        amount_paid,
        currency,
        method,
        cast(reversed_amount as decimal(18, 2)) as reversed_amount,
        cast(refunded_amount as decimal(18, 2)) as refunded_amount,
        cast(reversed_amount - refunded_amount as decimal(18, 2)) as charged_back_amount,
        cast(applied_amount as decimal(18, 2)) as applied_amount,
        cast(amount_paid - reversed_amount - applied_amount as decimal(18, 2)) as unapplied_amount,
        reversed_amount > 0 and reversed_amount = amount_paid as is_reversed
    from amounts

)

select * from final
