-- Questions and facts in one order: a question of day d sorts at 2d, a fact of day d at 2d + 1, so
-- that a running sum at a question holds what happened strictly before its day.

with points as (

    select * from {{ ref('int_history_points') }}

),

turns as (

    select * from {{ ref('int_settlement_turns') }}

),

timeline as (

    select
        ledger_no,
        known_day * 2 as sort_key,
        0 as turn,
        0 as amount,
        0 as days_late,
        0 as days_to_settle,
        0 as late_turns_left_behind
    from points

    union all

    select
        ledger_no,
        turned_day * 2 + 1 as sort_key,
        turn,
        amount,
        days_late,
        days_to_settle,
        late_turns_left_behind
    from turns

),

running as (

    select
        ledger_no,
        sort_key,
        sum(turn) over so_far as settled_count,
        sum(case when days_late > 0 then turn else 0 end) over so_far as settled_late_count,
        sum(amount) over so_far as settled_amount,
        sum(case when days_late > 0 then amount else 0 end) over so_far as settled_late_amount,
        sum(turn * days_late) over so_far as days_late,
        sum(turn * days_to_settle) over so_far as days_to_settle,
        max(turn) over so_far as has_settled,
        sum(case when turn = 1 and days_late > 0 then 1 else 0 end) over so_far as late_turns,
        max(late_turns_left_behind) over so_far as late_turns_left_behind
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
        cast(settled_count as integer) as settled_count,
        cast(settled_late_count as integer) as settled_late_count,
        cast(settled_amount as decimal(18, 2)) as settled_amount,
        cast(settled_late_amount as decimal(18, 2)) as settled_late_amount,
        cast(days_late as bigint) as settled_days_late,
        cast(days_to_settle as bigint) as settled_days_to_settle,
        cast(late_turns - coalesce(late_turns_left_behind, 0) as integer) as late_streak,
        has_settled = 1 as has_settled
    from running
    where sort_key % 2 = 0

)

select * from final
