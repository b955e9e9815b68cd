-- A payment split by allocation rows is divided into intervals: in order of date and id, each row
-- owns the interval [allocated_before, allocated_after) of it, and holds the part of that interval
-- below the amount less the reversals to date. Nothing takes effect before the payment's own date.
-- Long, since the interval and what is held of it are one formula in steps.

with payments as (

    select * from {{ ref('int_payments') }}
    where is_split

),

allocations as (

    select * from {{ ref('stg_payments__payment_allocations') }}
    where is_accepted

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}

),

invoices as (

    select * from {{ ref('int_invoices') }}

),

-- another account's invoice takes up its interval too, but that part settles nothing
told as (

    select
        allocations.allocation_id,
        allocations.payment_id,
        invoices.invoice_id,
        greatest(allocations.allocated_on, payments.payment_date) as told_on,
        payments.payment_date,
        payments.amount_paid,
        sum(allocations.amount) over by_date - allocations.amount as allocated_before,
        sum(allocations.amount) over by_date as allocated_after
    from allocations
    inner join payments
        on allocations.payment_id = payments.payment_id
    left join invoices
        on
        allocations.invoice_id = invoices.invoice_id
        and payments.account_id = invoices.account_id
    where allocations.allocated_on <= {{ as_of_date() }}
    window by_date as (
        partition by allocations.payment_id
        order by allocations.allocated_on, allocations.allocation_id
        rows between unbounded preceding and current row
    )

),

-- reversals on the day of an allocation row come after it
reversed_when_told as (

    select
        told.allocation_id,
        sum(reversals.amount) as reversed_amount
    from told
    inner join reversals
        on
        told.payment_id = reversals.payment_id
        and told.told_on > reversals.reversed_on
    group by told.allocation_id

),

changes as (

    -- no new money comes in on a later day: what is allocated then was unapplied
    select
        told.allocation_id,
        told.payment_id,
        told.invoice_id,
        told.told_on as changed_on,
        case when told.told_on = told.payment_date then 'payment' else 'unapplied_cash' end
            as cause,
        told.payment_id as source_id,
        {{ clamp(
            'told.amount_paid - coalesce(reversed_when_told.reversed_amount, 0)',
            'told.allocated_before', 'told.allocated_after'
        ) }} - told.allocated_before as amount
    from told
    left join reversed_when_told
        on told.allocation_id = reversed_when_told.allocation_id

    union all

    select
        told.allocation_id,
        told.payment_id,
        told.invoice_id,
        reversals.reversed_on as changed_on,
        reversals.cause,
        reversals.refund_id as source_id,
        {{ clamp(
            'told.amount_paid - reversals.reversed_before - reversals.amount',
            'told.allocated_before', 'told.allocated_after'
        ) }}
        - {{ clamp(
            'told.amount_paid - reversals.reversed_before',
            'told.allocated_before', 'told.allocated_after'
        ) }} as amount
    from told
    inner join reversals
        on
        told.payment_id = reversals.payment_id
        and told.told_on <= reversals.reversed_on

),

final as (

    select
        allocation_id,
        payment_id,
        invoice_id,
        changed_on,
        cause,
        source_id,
        cast(amount as decimal(18, 2)) as amount
    from changes

)

select * from final
