-- Long because of its columns, one line each.

with history as (

    select * from {{ ref('int_delinquency_history') }}

),

bills as (

    select * from {{ ref('int_delinquency_bills') }}

),

outcomes as (

    select * from {{ ref('int_delinquency_outcomes') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

joined as (

    select
        history.*,
        accounts.line_of_business,
        bills.bill_count,
        bills.billed_amount,
        outcomes.became_bad_debt,
        outcomes.label_known_on,
        cast(history.check_number as double) as cycles
    from history
    inner join accounts
        on history.account_id = accounts.account_id
    inner join bills
        on
        history.account_id = bills.account_id
        and history.check_number = bills.check_number
    inner join outcomes
        on
        history.account_id = outcomes.account_id
        and history.check_number = outcomes.check_number

),

final as (

    select
        -- ids
        account_id,
        check_number as cycle,
        check_date as snapshot_on,
        currency,
        line_of_business,

        -- bills, penalties and suspensions so far
        bill_count,
        billed_amount,
        penalty_count,
        penalty_total,
        suspension_count,

        -- runs of unpaid checks so far, the current one as long as it is by now
        streak_1_count,
        streak_2_3_count,
        streak_4_plus_count,

        -- how much was missed
        minor_count,
        partial_count,
        major_count,
        full_count,

        -- rolling
        avg_score_3c,
        avg_score_6c,
        penalty_3c,
        penalty_6c,
        max_score_12c,

        -- amounts left unpaid at checks
        delinquent_amount,
        avg_delinquent_amount,
        max_delinquent_amount,

        -- per cycle, so that young and old accounts compare
        cast(bill_count as double) / nullif(cycles, 0) as bill_count_per_cycle,
        cast(billed_amount as double) / nullif(cycles, 0) as billed_amount_per_cycle,
        cast(penalty_count as double) / nullif(cycles, 0) as penalty_count_per_cycle,
        cast(penalty_total as double) / nullif(cycles, 0) as penalty_total_per_cycle,
        cast(suspension_count as double) / nullif(cycles, 0) as suspension_count_per_cycle,
        cast(streak_1_count as double) / nullif(cycles, 0) as streak_1_count_per_cycle,
        cast(streak_2_3_count as double) / nullif(cycles, 0) as streak_2_3_count_per_cycle,
        cast(streak_4_plus_count as double) / nullif(cycles, 0) as streak_4_plus_count_per_cycle,
        cast(minor_count as double) / nullif(cycles, 0) as minor_count_per_cycle,
        cast(partial_count as double) / nullif(cycles, 0) as partial_count_per_cycle,
        cast(major_count as double) / nullif(cycles, 0) as major_count_per_cycle,
        cast(full_count as double) / nullif(cycles, 0) as full_count_per_cycle,
        cast(delinquent_amount as double) / nullif(cycles, 0) as delinquent_amount_per_cycle,

        -- the check itself
        unpaid_amount,
        unpaid_ratio,
        penalty_score,
        delinquency_status,
        unpaid_streak,

        -- the label, as of the as-of date
        became_bad_debt,
        label_known_on,

        -- the split
        cast(extract(year from check_date) as {{ dbt.type_string() }})
        || '-Q'
        || cast(extract(quarter from check_date) as {{ dbt.type_string() }}) as fold
    from joined

)

select * from final
