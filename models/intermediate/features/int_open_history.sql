-- Questions and facts in one order, as in int_settled_history. What is open changes where a spell
-- of the balance begins; what is open past due changes there too once the due date has passed, and
-- at the end of the due date itself.

with points as (

    select * from {{ ref('int_history_points') }}

),

states as (

    select * from {{ ref('int_ledger_states') }}

),

changes as (

    select
        ledger_no,
        from_day,
        due_day,
        case when outstanding_amount > 0 then 1 else 0 end
        - case when coalesce(outstanding_before, 0) > 0 then 1 else 0 end as open_change,
        outstanding_amount - coalesce(outstanding_before, 0) as amount_change,
        case when unsettled_amount > outstanding_amount then 1 else 0 end
        - case when unsettled_before > outstanding_before then 1 else 0 end as written_off_change
    from states

),

timeline as (

    select
        ledger_no,
        known_day * 2 as sort_key,
        0 as open_change,
        0 as amount_change,
        0 as late_change,
        0 as late_amount_change,
        0 as due_day,
        0 as written_off_change
    from points

    union all

    select
        ledger_no,
        from_day * 2 + 1 as sort_key,
        open_change,
        amount_change,
        case when from_day > due_day then open_change else 0 end as late_change,
        case when from_day > due_day then amount_change else 0 end as late_amount_change,
        due_day,
        written_off_change
    from changes
    where amount_change != 0 or written_off_change != 0

    union all

    select
        ledger_no,
        due_day * 2 + 1 as sort_key,
        0 as open_change,
        0 as amount_change,
        1 as late_change,
        outstanding_amount as late_amount_change,
        due_day,
        0 as written_off_change
    from states
    where outstanding_amount > 0 and due_day >= from_day and due_day < to_day

),

running as (

    select
        ledger_no,
        sort_key,
        sum(open_change) over so_far as open_count,
        sum(amount_change) over so_far as open_amount,
        sum(late_change) over so_far as open_late_count,
        sum(late_amount_change) over so_far as open_late_amount,
        -- days late of all open ones together: how many there are times today, less their due days
        sum(late_change * due_day) over so_far as open_late_due_days,
        sum(written_off_change) over so_far as written_off_count
    from timeline
    window so_far as (
        partition by ledger_no
        order by sort_key
        range between unbounded preceding and current row
    )

),

final as (

    select
        ledger_no,
        cast(floor(sort_key / 2) as integer) as known_day,
        cast(open_count as integer) as open_count,
        cast(open_amount as decimal(18, 2)) as open_amount,
        cast(open_late_count as integer) as open_late_count,
        cast(open_late_amount as decimal(18, 2)) as open_late_amount,
        cast(open_late_count * floor(sort_key / 2) - open_late_due_days as bigint)
            as open_days_late,
        cast(written_off_count as integer) as written_off_count
    from running
    where sort_key % 2 = 0

)

select * from final
