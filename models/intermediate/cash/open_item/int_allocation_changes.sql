-- A payment split by allocation rows is divided into intervals: in order of date and id, each row
-- owns the interval [allocated_before, allocated_after) of it, and holds the part of that interval
-- below the amount less the reversals to date. Nothing takes effect before the payment's own date.

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
allocated as (

    select
        allocations.allocation_id,
        allocations.payment_id,
        invoices.invoice_id,
        greatest(allocations.allocated_on, payments.payment_date) as effective_on,
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
reversed_earlier as (

    select
        allocated.allocation_id,
        sum(reversals.amount) as reversed_amount
    from allocated
    inner join reversals
        on
        allocated.payment_id = reversals.payment_id
        and allocated.effective_on > reversals.reversed_on
    group by allocated.allocation_id

),

changes as (

    -- no new money comes in on a later day: what is allocated then was unapplied
    select
        allocated.allocation_id,
        allocated.payment_id,
        allocated.invoice_id,
        allocated.effective_on as changed_on,
        case
            when allocated.effective_on = allocated.payment_date then 'payment'
            else 'unapplied_cash'
        end as cause,
        allocated.payment_id as source_id,
        {{ clamp(
            'allocated.amount_paid - coalesce(reversed_earlier.reversed_amount, 0)',
            'allocated.allocated_before', 'allocated.allocated_after'
        ) }} - allocated.allocated_before as amount
    from allocated
    left join reversed_earlier
        on allocated.allocation_id = reversed_earlier.allocation_id

    union all

    select
        allocated.allocation_id,
        allocated.payment_id,
        allocated.invoice_id,
        reversals.reversed_on as changed_on,
        reversals.cause,
        reversals.refund_id as source_id,
        {{ clamp(
            'allocated.amount_paid - reversals.reversed_before - reversals.amount',
            'allocated.allocated_before', 'allocated.allocated_after'
        ) }}
        - {{ clamp(
            'allocated.amount_paid - reversals.reversed_before',
            'allocated.allocated_before', 'allocated.allocated_after'
        ) }} as amount
    from allocated
    inner join reversals
        on
        allocated.payment_id = reversals.payment_id
        and allocated.effective_on <= reversals.reversed_on

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
