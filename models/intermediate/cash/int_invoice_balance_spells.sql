with invoices as (

    select * from {{ ref('int_invoices_unioned') }}

),

movements as (

    select * from {{ ref('int_cash_movements') }}

),

write_offs as (

    select * from {{ ref('int_invoice_write_offs') }}

),

changes as (

    select
        invoice_id,
        invoice_date as changed_on,
        invoiced_amount as charge_change,
        0 as credit_change,
        0 as paid_change
    from invoices

    union all

    select
        invoice_id,
        movement_on as changed_on,
        0 as charge_change,
        case when {{ is_credit('cause') }} then amount else 0 end as credit_change,
        case when {{ is_credit('cause') }} then 0 else amount end as paid_change
    from movements

    union all

    select
        invoice_id,
        written_off_on as changed_on,
        0 as charge_change,
        0 as credit_change,
        0 as paid_change
    from write_offs

),

running as (

    select
        invoice_id,
        changed_on as valid_from,
        coalesce(lead(changed_on) over by_day, {{ end_of_time() }}) as valid_to,
        sum(charge_change) over by_day as charged_amount,
        sum(credit_change) over by_day as credited_amount,
        sum(paid_change) over by_day as paid_amount
    from changes
    window by_day as (
        partition by invoice_id
        order by changed_on
        rows between unbounded preceding and current row
    )

),

-- only the last change of a day leaves a spell behind it, whatever the order of the others
balances as (

    select
        running.invoice_id,
        running.valid_from,
        running.valid_to,
        running.credited_amount,
        running.paid_amount,
        running.charged_amount - running.credited_amount - running.paid_amount
            as unsettled_amount,
        coalesce(running.valid_from >= write_offs.written_off_on, false) as is_written_off
    from running
    left join write_offs
        on running.invoice_id = write_offs.invoice_id
    where running.valid_from < running.valid_to

),

final as (

    select
        invoice_id,
        valid_from,
        valid_to,
        cast(credited_amount as decimal(18, 2)) as credited_amount,
        cast(paid_amount as decimal(18, 2)) as paid_amount,
        cast(unsettled_amount as decimal(18, 2)) as unsettled_amount,
        cast(case when is_written_off then unsettled_amount else 0 end as decimal(18, 2))
            as written_off_amount,
        cast(case when is_written_off then 0 else unsettled_amount end as decimal(18, 2))
            as outstanding_amount
    from balances

)

select * from final
