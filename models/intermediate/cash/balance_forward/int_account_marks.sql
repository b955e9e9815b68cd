-- How many invoices an account's money fills after each event. The running totals of money are
-- located among those of charges by one sort of both, so the cost depends on the number of rows
-- only, however long a history.

with ledger as (

    select * from {{ ref('int_account_ledger') }}

),

credit_ledger as (

    select * from {{ ref('int_account_ledger') }}
    where cause in ('credit_note', 'refund')

),

levels as (

    select
        account_id,
        currency,
        case when cause = 'issue' then 0 else 1 end as side,
        case when cause != 'issue' then 'money' end as walk,
        event_number,
        event_on,
        cause,
        source_id,
        invoices_issued,
        case when cause = 'issue' then owed_to_date else money_to_date end as level_after
    from ledger

    union all

    -- credits, by note or by refund, are also totalled on their own: they give what is credited
    select
        account_id,
        currency,
        1 as side,
        'credit' as walk,
        event_number,
        event_on,
        cause,
        source_id,
        invoices_issued,
        credit_to_date as level_after
    from credit_ledger

),

searched as (

    select
        *,
        sum(1 - side) over by_level as invoices_filled,
        max(case when side = 0 then level_after end) over by_level as filled_level
    from levels
    window by_level as (
        partition by account_id, currency
        order by level_after, side, event_number, walk nulls first
        rows between unbounded preceding and current row
    )

),

-- a total that just fills an invoice does not touch the next one
final as (

    select
        account_id,
        currency,
        walk,
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
    from searched
    where side = 1

)

select * from final
