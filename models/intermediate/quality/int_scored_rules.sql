with leakage_rules as (

    select * from {{ ref('int_leakage_rules') }}

),

finding_rules as (

    select * from {{ ref('int_finding_rules') }}
    where is_scored

),

final as (

    select
        rule,
        has_exact_signature,
        is_scored_by_period
    from leakage_rules
    union all
    select
        rule,
        has_exact_signature,
        is_scored_by_period
    from finding_rules

)

select * from final
