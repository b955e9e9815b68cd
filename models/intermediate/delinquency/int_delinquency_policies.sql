-- Where two rows of one step hold on a day, the one that began later wins.

with steps as (

    select * from {{ ref('int_penalty_steps') }}

),

edges as (

    select
        line_of_business,
        holds_from as valid_from
    from steps
    union distinct
    select
        line_of_business,
        holds_to as valid_from
    from steps

),

spells as (

    select
        line_of_business,
        valid_from,
        lead(valid_from) over (partition by line_of_business order by valid_from) as valid_to
    from edges

),

holding as (

    select
        spells.line_of_business,
        spells.valid_from,
        spells.valid_to,
        steps.step_name,
        steps.min_ratio,
        steps.penalty,
        -- both scores are on every row: those of the row that began last apply
        first_value(steps.suspend_score) over by_recency as suspend_score,
        first_value(steps.close_score) over by_recency as close_score,
        row_number() over (
            partition by spells.line_of_business, spells.valid_from, steps.step_name
            order by steps.holds_from desc, steps.policy_id desc
        ) as step_rank
    from spells
    inner join steps
        on
        spells.line_of_business = steps.line_of_business
        and spells.valid_from >= steps.holds_from
        and spells.valid_from < steps.holds_to
    window by_recency as (
        partition by spells.line_of_business, spells.valid_from
        order by steps.holds_from desc, steps.policy_id desc
    )

),

graded as (

    select
        line_of_business,
        valid_from,
        valid_to,
        step_name,
        min_ratio,
        penalty,
        suspend_score,
        close_score
    from holding
    where step_rank = 1

    union all

    -- from nothing unpaid up to the first step
    select
        line_of_business,
        valid_from,
        valid_to,
        'none' as step_name,
        cast(0 as decimal(18, 6)) as min_ratio,
        cast(0 as decimal(18, 6)) as penalty,
        min(suspend_score) as suspend_score,
        min(close_score) as close_score
    from holding
    group by line_of_business, valid_from, valid_to

),

final as (

    select
        line_of_business,
        valid_from,
        valid_to,
        step_name,
        min_ratio,
        lead(min_ratio) over (
            partition by line_of_business, valid_from
            order by
                min_ratio,
                case when step_name = 'none' then 0 else 1 end,
                penalty,
                step_name
        ) as below_ratio,
        penalty,
        suspend_score,
        close_score
    from graded

)

select * from final
