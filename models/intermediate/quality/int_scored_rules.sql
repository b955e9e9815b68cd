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
        is_scored_by_period,
        is_amount_exact
    from leakage_rules
    union all
    select
        rule,
        has_exact_signature,
        is_scored_by_period,
        true as is_amount_exact
    from finding_rules

)

select * from final
