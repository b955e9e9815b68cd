{%- set policy = var('penalty_policy') -%}
-- A line of business goes by its own rows where it has any, else by the policy of the project.
-- Where two rows of one step hold, the one that began later wins.

with policies as (

    select * from {{ ref('stg_billing__delinquency_policies') }}
    where is_accepted and penalty is not null

),

own_steps as (

    select
        policy_id,
        line_of_business,
        step_name,
        min_ratio,
        penalty,
        suspend_score,
        close_score,
        coalesce(valid_from, cast('1900-01-01' as date)) as holds_from,
        coalesce({{ day_add('valid_to', 1) }}, {{ end_of_time() }}) as holds_to
    from policies

),

-- what the project states for lines without rows of their own
stated_steps as (

    {% for line_of_business in policy.lines_of_business -%}
        {% set last_line = loop.last %}
        {%- for step in policy.steps -%}
            select
                'project' as policy_id,
                '{{ line_of_business }}' as line_of_business,
                '{{ step.step_name }}' as step_name,
                cast({{ step.min_ratio }} as decimal(18, 6)) as min_ratio,
                cast({{ step.penalty }} as decimal(18, 6)) as penalty,
                cast({{ policy.suspend_score }} as decimal(18, 6)) as suspend_score,
                cast({{ policy.close_score }} as decimal(18, 6)) as close_score,
                cast('1900-01-01' as date) as holds_from,
                {{ end_of_time() }} as holds_to
            {% if not (last_line and loop.last) %}
                union all
            {% endif -%}
        {% endfor -%}
    {% endfor %}

),

steps as (

    select * from own_steps
    union all
    select stated_steps.*
    from stated_steps
    left join own_steps
        on stated_steps.line_of_business = own_steps.line_of_business
    where own_steps.line_of_business is null

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
        -- both scores stand on every row: those of the row that began last hold
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
            order by min_ratio, penalty, step_name
        ) as below_ratio,
        penalty,
        suspend_score,
        close_score
    from graded

)

select * from final
