with invoices as (

    select * from {{ ref('int_invoices') }}

),

movements as (

    select * from {{ ref('int_cash_movements') }}

),

write_offs as (

    select * from {{ ref('stg_billing__write_offs') }}
    where is_accepted and written_off_on <= {{ as_of_date() }}

),

-- a write-off that names no invoice covers what its account had been billed by then
covered as (

    select
        invoices.invoice_id,
        greatest(write_offs.written_off_on, invoices.invoice_date) as written_off_on
    from write_offs
    inner join invoices
        on write_offs.invoice_id = invoices.invoice_id
    union all
    select
        invoices.invoice_id,
        write_offs.written_off_on
    from write_offs
    inner join invoices
        on
        write_offs.account_id = invoices.account_id
        and write_offs.written_off_on >= invoices.invoice_date
    where write_offs.invoice_id is null

),

written_off as (

    select
        invoice_id,
        min(written_off_on) as written_off_on
    from covered
    group by invoice_id

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
    from written_off

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
        coalesce(running.valid_from >= written_off.written_off_on, false) as is_written_off
    from running
    left join written_off
        on running.invoice_id = written_off.invoice_id
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
