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
<<<<<<< HEAD
    -- data that disagree do so by an amount that can be pointed at
    select
        rule,
        has_exact_signature,
        is_scored_by_period,
        true as is_amount_exact
=======
    -- data that disagree do so in a row that can be pointed at
    select
        rule,
        true as has_exact_signature,
        true as is_scored_by_period
>>>>>>> m5-usage
    from finding_rules

)

select * from final
