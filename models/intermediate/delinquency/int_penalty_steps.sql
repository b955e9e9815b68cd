{%- set policy = var('penalty_policy') -%}
-- A line of business uses its own rows where it has any, else the project's policy.

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
        coalesce(valid_from, {{ beginning_of_time() }}) as holds_from,
        least(coalesce({{ day_add('valid_to', 1) }}, {{ end_of_time() }}), {{ end_of_time() }})
            as holds_to
    from policies

),

-- the project's policy for lines without rows of their own
stated_steps as (

    select * from own_steps
    where false
    {% for line_of_business in policy.lines_of_business -%}
        {%- for step in policy.steps %}
            union all
            select
                'project' as policy_id,
                '{{ line_of_business }}' as line_of_business,
                '{{ step.step_name }}' as step_name,
                cast({{ step.min_ratio }} as decimal(18, 6)) as min_ratio,
                cast({{ step.penalty }} as decimal(18, 6)) as penalty,
                cast({{ policy.suspend_score }} as decimal(18, 6)) as suspend_score,
                cast({{ policy.close_score }} as decimal(18, 6)) as close_score,
                {{ beginning_of_time() }} as holds_from,
                {{ end_of_time() }} as holds_to
        {% endfor -%}
    {%- endfor %}

),

final as (

    select * from own_steps
    union all
    select stated_steps.*
    from stated_steps
    left join own_steps
        on stated_steps.line_of_business = own_steps.line_of_business
    where own_steps.line_of_business is null

)

select * from final
