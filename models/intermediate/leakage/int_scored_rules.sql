with leakage_rules as (

    select * from {{ ref('int_leakage_rules') }}

),

finding_rules as (

    select * from {{ ref('int_finding_rules') }}
    where is_scored

),

final as (

    select rule from leakage_rules
    union all
    select rule from finding_rules

)

select * from final
