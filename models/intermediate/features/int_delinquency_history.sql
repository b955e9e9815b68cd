-- Everything looks back from the check, the check itself included. A run of unpaid checks counts as
-- long as it is by then: those that reached two, less those that reached four, are runs of 2 or 3.

with checks as (

    select * from {{ ref('int_delinquency_checks') }}

),

marked as (

    select
        *,
        case when penalty > 0 then 1 else 0 end as penalised,
        case when is_suspension then 1 else 0 end as suspended,
        case when unpaid_streak = 1 then 1 else 0 end as began_run,
        case when unpaid_streak = 2 then 1 else 0 end as reached_two,
        case when unpaid_streak = 4 then 1 else 0 end as reached_four,
        case when miss_type = 'minor' then 1 else 0 end as missed_minor,
        case when miss_type = 'partial' then 1 else 0 end as missed_partial,
        case when miss_type = 'major' then 1 else 0 end as missed_major,
        case when miss_type = 'full' then 1 else 0 end as missed_full,
        case when unpaid_amount > 0 then 1 else 0 end as missed
    from checks

),

running as (

    select
        *,
        sum(penalised) over so_far as penalty_count,
        sum(penalty) over so_far as penalty_total,
        sum(suspended) over so_far as suspension_count,
        sum(began_run) over so_far as runs_begun,
        sum(reached_two) over so_far as runs_of_two,
        sum(reached_four) over so_far as runs_of_four,
        sum(missed_minor) over so_far as minor_count,
        sum(missed_partial) over so_far as partial_count,
        sum(missed_major) over so_far as major_count,
        sum(missed_full) over so_far as full_count,
        sum(penalty_score) over last_3 as scores_3c,
        count(*) over last_3 as checks_3c,
        sum(penalty_score) over last_6 as scores_6c,
        count(*) over last_6 as checks_6c,
        sum(penalty) over last_3 as penalty_3c,
        sum(penalty) over last_6 as penalty_6c,
        max(penalty_score) over last_12 as max_score_12c,
        -- amounts in another currency belong to another ledger
        sum(missed) over same_currency as delinquent_count,
        sum(unpaid_amount) over same_currency as delinquent_amount,
        max(unpaid_amount) over same_currency as max_delinquent_amount
    from marked
    window
        so_far as (
            partition by account_id order by check_number
            rows between unbounded preceding and current row
        ),
        last_3 as (
            partition by account_id order by check_number rows between 2 preceding and current row
        ),
        last_6 as (
            partition by account_id order by check_number rows between 5 preceding and current row
        ),
        last_12 as (
            partition by account_id order by check_number rows between 11 preceding and current row
        ),
        same_currency as (
            partition by account_id, currency order by check_number
            rows between unbounded preceding and current row
        )

),

final as (

    select
        account_id,
        check_number,
        check_date,
        currency,
        cast(penalty_count as integer) as penalty_count,
        cast(penalty_total as decimal(18, 3)) as penalty_total,
        cast(suspension_count as integer) as suspension_count,
        cast(runs_begun - runs_of_two as integer) as streak_1_count,
        cast(runs_of_two - runs_of_four as integer) as streak_2_3_count,
        cast(runs_of_four as integer) as streak_4_plus_count,
        cast(minor_count as integer) as minor_count,
        cast(partial_count as integer) as partial_count,
        cast(major_count as integer) as major_count,
        cast(full_count as integer) as full_count,
        cast(scores_3c as double) / cast(nullif(checks_3c, 0) as double) as avg_score_3c,
        cast(scores_6c as double) / cast(nullif(checks_6c, 0) as double) as avg_score_6c,
        cast(penalty_3c as decimal(18, 3)) as penalty_3c,
        cast(penalty_6c as decimal(18, 3)) as penalty_6c,
        max_score_12c,
        cast(delinquent_amount as decimal(18, 2)) as delinquent_amount,
        cast(delinquent_amount as double) / cast(nullif(delinquent_count, 0) as double)
            as avg_delinquent_amount,
        cast(max_delinquent_amount as decimal(18, 2)) as max_delinquent_amount,
        unpaid_amount,
        unpaid_ratio,
        penalty_score,
        delinquency_status,
        unpaid_streak
    from running
    -- once closed, an account can no longer become a bad debt
    where
        delinquency_status <> 'Closed'
        and check_number >= {{ var('delinquency_snapshot_first') }}
        and mod(
            check_number - {{ var('delinquency_snapshot_first') }},
            {{ var('delinquency_snapshot_every') }}
        ) = 0

)

select * from final
