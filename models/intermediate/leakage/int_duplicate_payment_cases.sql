with payments as (

    select * from {{ ref('int_payments') }}
    where amount_paid > 0 and account_id is not null

),

allocations as (

    select * from {{ ref('stg_payments__payment_allocations') }}
    where is_accepted

),

corrections as (

    select * from {{ ref('int_payment_corrections') }}

),

-- allocation rows of a later day must not change what the payment said on its own
split_payments as (

    select payments.payment_id
    from allocations
    inner join payments
        on
        allocations.payment_id = payments.payment_id
        and allocations.allocated_on <= payments.payment_date
    group by payments.payment_id

),

named as (

    select
        payments.payment_id,
        payments.account_id,
        case when split_payments.payment_id is null then payments.invoice_id end
            as named_invoice_id,
        case when payments.is_own_invoice is not null then payments.invoice_id end as invoice_id,
        payments.payment_date,
        payments.amount_paid,
        payments.currency,
        corrections.kept_amount,
        corrections.reversed_in_full_on,
        coalesce(corrections.reversed_in_full_on, {{ end_of_time() }}) as in_force_to
    from payments
    left join split_payments
        on payments.payment_id = split_payments.payment_id
    left join corrections
        on payments.payment_id = corrections.payment_id

),

-- An earlier equal payment counts while it is in force: one reversed before it was paid again was
-- replaced, not repeated. On one day, the smaller id is the earlier.
compared as (

    select
        *,
        lag(payment_id) over by_date as earlier_payment_id,
        lag(payment_date) over by_date as earlier_payment_date,
        max(in_force_to) over (
            partition by account_id, currency, amount_paid, named_invoice_id
            order by payment_date
            range between
            interval '{{ var("duplicate_window_days") }}' day preceding
            and interval '1' day preceding
        ) as recent_in_force_to,
        max(in_force_to) over (
            partition by account_id, currency, amount_paid, named_invoice_id, payment_date
            order by payment_id
            rows between unbounded preceding and 1 preceding
        ) as same_day_in_force_to
    from named
    window by_date as (
        partition by account_id, currency, amount_paid, named_invoice_id
        order by payment_date, payment_id
    )

),

final as (

    select
        'duplicate_payment' as rule,
        'payment' as entity_type,
        payment_id as entity_id,
        account_id,
        invoice_id,
        cast(null as {{ dbt.type_string() }}) as subscription_id,
        cast(date_trunc('month', payment_date) as date) as period_start,
        coalesce(kept_amount, amount_paid) as amount,
        currency,
        payment_date as first_seen_on,
        reversed_in_full_on as resolved_on,
        case when reversed_in_full_on is not null then 'corrected' end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        concat_ws(
            '; ',
            'repeats payment ' || earlier_payment_id
            || ' of ' || cast(earlier_payment_date as {{ dbt.type_string() }}),
            coalesce('both name invoice ' || named_invoice_id, 'neither names an invoice'),
            cast(amount_paid as {{ dbt.type_string() }}) || ' ' || currency
            || ' paid again on ' || cast(payment_date as {{ dbt.type_string() }})
        ) as evidence
    from compared
    where
        in_force_to > payment_date
        and (
            coalesce(recent_in_force_to > payment_date, false)
            or coalesce(same_day_in_force_to > payment_date, false)
        )

)

select * from final
