with invoices as (

    select * from {{ ref('int_invoices') }}

),

spells as (

    select * from {{ ref('int_invoice_balance_spells') }}

),

events as (

    select * from {{ ref('int_invoice_events') }}

),

disputed as (

    select invoice_id from {{ ref('stg_payments__disputes') }}
    where is_accepted and opened_on <= {{ as_of_date() }}
    group by invoice_id

),

-- the balance as of the date, the end of the last spell in which something was owed, and what came
-- in under the invoice's name
figures as (

    select
        invoice_id,
        case when valid_to = {{ end_of_time() }} then credited_amount end as credited_amount,
        case when valid_to = {{ end_of_time() }} then paid_amount end as paid_amount,
        case when valid_to = {{ end_of_time() }} then written_off_amount end as written_off_amount,
        case when unsettled_amount > 0 then valid_to end as owed_until,
        0 as received_amount
    from spells

    union all

    select
        invoice_id,
        null as credited_amount,
        null as paid_amount,
        null as written_off_amount,
        null as owed_until,
        cash_amount as received_amount
    from events

),

standing as (

    select
        invoice_id,
        max(credited_amount) as credited_amount,
        max(paid_amount) as paid_amount,
        max(written_off_amount) as written_off_amount,
        max(owed_until) as owed_until,
        sum(received_amount) as received_amount
    from figures
    group by invoice_id

),

amounts as (

    select
        invoices.invoice_id,
        invoices.account_id,
        invoices.line_of_business,
        invoices.cash_application,
        invoices.invoice_date,
        invoices.due_date,
        invoices.invoiced_amount,
        invoices.currency,
        standing.credited_amount,
        cast(invoices.invoiced_amount - standing.credited_amount as decimal(18, 2))
            as net_due_amount,
        standing.paid_amount,
        standing.written_off_amount,
        cast(
            invoices.invoiced_amount
            - standing.credited_amount - standing.paid_amount - standing.written_off_amount
            as decimal(18, 2)
        ) as outstanding_amount,
        -- only money of open-item accounts goes to the invoice it names
        cast(
            greatest(
                standing.received_amount - (invoices.invoiced_amount - standing.credited_amount), 0
            ) as decimal(18, 2)
        ) as overpaid_amount,
        nullif(coalesce(standing.owed_until, invoices.invoice_date), {{ end_of_time() }})
            as settled_date,
        disputed.invoice_id is not null as is_disputed,
        {{ as_of_date() }} as as_of_date
    from invoices
    inner join standing
        on invoices.invoice_id = standing.invoice_id
    left join disputed
        on invoices.invoice_id = disputed.invoice_id

),

days as (

    select
        *,
        {{ days_from('invoice_date', 'settled_date') }} as days_to_settle,
        case
            when settled_date is not null
                then greatest({{ days_from('due_date', 'settled_date') }}, 0)
        end as days_late,
        case
            when outstanding_amount > 0
                then greatest({{ days_from('due_date', 'as_of_date') }}, 0)
            else 0
        end as days_past_due
    from amounts

),

final as (

    select
        *,
        case
            when written_off_amount > 0 then 'written_off'
            when credited_amount > 0 and net_due_amount = 0 and paid_amount = 0 then 'credited'
            when overpaid_amount > 0 and outstanding_amount = 0 then 'overpaid'
            when paid_amount = net_due_amount then 'paid'
            when paid_amount > 0 then 'partially_paid'
            else 'unpaid'
        end as settlement_state,
        case
            when written_off_amount > 0 then null
            when settled_date is not null and days_late = 0 then 'settled_on_time'
            when settled_date is not null then 'settled_late'
            when days_past_due > 0 then 'overdue'
            else 'not_due'
        end as timeliness,
        {{ ageing_bucket('days_past_due') }} as ageing_bucket,
        outstanding_amount > 0 and outstanding_amount <= {{ small_balance_tolerance('currency') }}
            as is_small_balance
    from days

)

select * from final
