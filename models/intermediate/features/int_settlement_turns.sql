-- An invoice of zero is settled the day it is issued, which says nothing about how its account
-- pays.

with states as (

    select * from {{ ref('int_ledger_states') }}
    where invoiced_amount > 0

),

turns as (

    select
        invoice_id,
        ledger_no,
        from_day as turned_day,
        1 as turn,
        invoiced_amount as amount,
        greatest(from_day - due_day, 0) as days_late,
        from_day - issued_day as days_to_settle
    from states
    where unsettled_amount = 0 and from_day = owed_until_day

    union all

    -- a chargeback takes back what the settlement it undoes had added
    select
        invoice_id,
        ledger_no,
        from_day as turned_day,
        -1 as turn,
        -invoiced_amount as amount,
        greatest(owed_until_day - due_day, 0) as days_late,
        owed_until_day - issued_day as days_to_settle
    from states
    where unsettled_amount > 0 and unsettled_before = 0

),

-- how many late settlements an on-time one leaves behind: those after it are the streak
final as (

    select
        invoice_id,
        ledger_no,
        turned_day,
        cast(turn as integer) as turn,
        cast(amount as decimal(18, 2)) as amount,
        cast(days_late as integer) as days_late,
        cast(days_to_settle as integer) as days_to_settle,
        case
            when turn = 1 and days_late = 0
                then
                    cast(
                        coalesce(
                            sum(case when turn = 1 and days_late > 0 then 1 else 0 end) over (
                                partition by ledger_no
                                order by turned_day
                                range between unbounded preceding and current row
                            ),
                            0
                        ) as integer
                    )
        end as late_turns_left_behind
    from turns

)

select * from final
