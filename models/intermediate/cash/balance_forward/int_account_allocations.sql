-- The oldest invoice is paid first, whatever a payment names: an invoice owns the interval
-- [charged_before, charged_to_date) of its account's cumulative charges. An event pays, or reopens,
-- the invoices already issued whose interval lies between the totals before and after it. How many
-- invoices a total fills is found by one sort of totals and charges together, so the cost depends
-- on the number of rows only, however long a history.

with totals as (

    select * from {{ ref('int_account_running_totals') }}

),

levels as (

    select
        account_id,
        currency,
        case when cause = 'issue' then 0 else 1 end as side,
        case when cause != 'issue' then 'money' end as basis,
        event_number,
        event_on,
        cause,
        source_id,
        invoices_issued,
        case when cause = 'issue' then charged_to_date else money_to_date end as level_after
    from totals

    union all

    -- credits, by note or by refund, are also totalled on their own: they give what is credited
    select
        account_id,
        currency,
        1 as side,
        'credit' as basis,
        event_number,
        event_on,
        cause,
        source_id,
        invoices_issued,
        credit_to_date as level_after
    from totals
    where {{ is_credit('cause') }}

),

counted as (

    select
        *,
        sum(1 - side) over by_level as invoices_filled,
        max(case when side = 0 then level_after end) over by_level as filled_level
    from levels
    window by_level as (
        partition by account_id, currency
        order by level_after, side, event_number, basis nulls first
        rows between unbounded preceding and current row
    )

),

-- a total that just fills an invoice does not touch the next one
fill_levels as (

    select
        account_id,
        currency,
        basis,
        event_number,
        event_on,
        cause,
        source_id,
        invoices_issued,
        cast(level_after as decimal(38, 2)) as level_after,
        cast(invoices_filled as bigint) as invoices_filled,
        cast(
            invoices_filled + case when filled_level = level_after then 0 else 1 end as bigint
        ) as invoices_touched
    from counted
    where side = 1

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
    from fill_levels
    window by_event as (
        partition by account_id, currency, basis
        order by event_number
    )

),

reached as (

    select
        account_id,
        currency,
        basis,
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
        totals.source_id as invoice_id,
        reached.account_id,
        reached.currency,
        reached.basis,
        reached.event_on,
        reached.cause,
        reached.source_id,
        cast(
            {{ clamp(
                'reached.level_after',
                'totals.charged_to_date - totals.invoiced_amount', 'totals.charged_to_date'
            ) }}
            - {{ clamp(
                'reached.level_before',
                'totals.charged_to_date - totals.invoiced_amount', 'totals.charged_to_date'
            ) }} as decimal(18, 2)
        ) as amount
    from reached
    inner join totals
        on
        reached.account_id = totals.account_id
        and reached.currency = totals.currency
        and reached.invoice_number = totals.invoices_issued
        and totals.cause = 'issue'

)

select * from final
