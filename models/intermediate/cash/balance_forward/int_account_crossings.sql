-- An invoice owns the interval [owed_before, owed_after) of its account's cumulative charges. An
-- event moves the invoices already issued whose interval lies between the totals before and after
-- it.

with ledger as (

    select * from {{ ref('int_account_ledger') }}

),

marks as (

    select * from {{ ref('int_account_marks') }}

),

steps as (

    select
        *,
        coalesce(lag(level_after) over by_event, 0) as level_before,
        least(invoices_filled, coalesce(lag(invoices_filled) over by_event, 0)) + 1
            as first_invoice,
        least(
            greatest(invoices_touched, coalesce(lag(invoices_touched) over by_event, 0)),
            invoices_issued
        ) as last_invoice
    from marks
    window by_event as (
        partition by account_id, currency, walk
        order by event_number
    )

),

crossed as (

    select
        account_id,
        currency,
        walk,
        event_on,
        cause,
        source_id,
        level_before,
        level_after,
        {{ each_integer('first_invoice', 'last_invoice') }} as invoice_number
    from steps
    where level_before != level_after and first_invoice <= last_invoice

),

final as (

    select
        ledger.source_id as invoice_id,
        crossed.account_id,
        crossed.currency,
        crossed.walk,
        crossed.event_on,
        crossed.cause,
        crossed.source_id,
        cast(
            {{ clamp(
                'crossed.level_after',
                'ledger.owed_to_date - ledger.invoiced_amount', 'ledger.owed_to_date'
            ) }}
            - {{ clamp(
                'crossed.level_before',
                'ledger.owed_to_date - ledger.invoiced_amount', 'ledger.owed_to_date'
            ) }} as decimal(18, 2)
        ) as amount
    from crossed
    inner join ledger
        on
        crossed.account_id = ledger.account_id
        and crossed.currency = ledger.currency
        and crossed.invoice_number = ledger.invoices_issued
        and ledger.cause = 'issue'

)

select * from final
