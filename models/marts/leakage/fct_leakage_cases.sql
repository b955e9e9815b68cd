with claims as (

    select * from {{ ref('int_leakage_claims') }}

),

rules as (

    select * from {{ ref('int_leakage_rules') }}

),

identified as (

    select
        claims.*,
        rules.family,
        rules.precedence,
        rules.direction,
        md5(
            claims.rule || '|' || claims.entity_type || '|' || claims.entity_id || '|'
            || cast(claims.period_start as {{ dbt.type_string() }})
        ) as case_id
    from claims
    inner join rules
        on claims.rule = rules.rule

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
        currency,
        case
            when resolved_on is not null then 'resolved'
            when owner_case_id != case_id then 'superseded'
            else 'open'
        end as status,
        case when owner_case_id != case_id then owner_case_id end as superseded_by,
        first_seen_on,
        resolved_on,
        end_cause,
        cast(recovered_amount as decimal(18, 2)) as recovered_amount,
        evidence
    from owned

)

select * from final
