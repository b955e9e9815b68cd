with ghost_cases as (

    select * from {{ ref('int_ghost_cases') }}

),

unbilled_usage_cases as (

    select * from {{ ref('int_unbilled_usage_cases') }}

),

energy_theft_cases as (

    select * from {{ ref('int_energy_theft_cases') }}

),

under_billed_cases as (

    select * from {{ ref('int_under_billed_cases') }}

),

zombie_cases as (

    select * from {{ ref('int_zombie_cases') }}

),

leaky_bucket_cases as (

    select * from {{ ref('int_leaky_bucket_cases') }}

),

duplicate_invoice_cases as (

    select * from {{ ref('int_duplicate_invoice_cases') }}

),

billed_after_cancel_cases as (

    select * from {{ ref('int_billed_after_cancel_cases') }}

),

billed_while_disconnected_cases as (

    select * from {{ ref('int_billed_while_disconnected_cases') }}

),

over_billed_cases as (

    select * from {{ ref('int_over_billed_cases') }}

),

duplicate_payment_cases as (

    select * from {{ ref('int_duplicate_payment_cases') }}

),

rules as (

    select * from {{ ref('int_leakage_rules') }}

),

unioned as (

    select * from ghost_cases
    union all
    select * from unbilled_usage_cases
    union all
    select * from energy_theft_cases
    union all
    select * from under_billed_cases
    union all
    select * from zombie_cases
    union all
    select * from leaky_bucket_cases
    union all
    select * from duplicate_invoice_cases
    union all
    select * from billed_after_cancel_cases
    union all
    select * from billed_while_disconnected_cases
    union all
    select * from over_billed_cases
    union all
    select * from duplicate_payment_cases

),

identified as (

    select
        unioned.*,
        rules.family,
        rules.precedence,
        rules.direction,
        md5(
            unioned.rule || '|' || unioned.entity_type || '|' || unioned.entity_id || '|'
            || cast(unioned.period_start as {{ dbt.type_string() }})
        ) as case_id
    from unioned
    inner join rules
        on unioned.rule = rules.rule

),

-- of the open cases of one family on the same money, the rule that comes first owns it
owned as (

    select
        *,
        case
            when resolved_on is null
                then first_value(case_id) over (
                    partition by
                        family, entity_type, entity_id, period_start, resolved_on is null
                    order by precedence
                )
        end as owner_case_id
    from identified

),

final as (

    select
        case_id,
        rule,
        direction,
        entity_type,
        entity_id,
        account_id,
        invoice_id,
        subscription_id,
        period_start,
        cast(case when owner_case_id != case_id then 0 else amount end as decimal(18, 2)) as amount,
        cast(amount as decimal(18, 2)) as claimed_amount,
        currency,
        case
            when resolved_on is not null then 'resolved'
            when owner_case_id != case_id then 'superseded'
            else 'open'
        end as status,
        case when owner_case_id != case_id then owner_case_id end as superseded_by,
        first_seen_on,
        resolved_on,
        evidence
    from owned

)

select * from final
