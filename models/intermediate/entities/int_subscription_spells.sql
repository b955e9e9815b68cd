with changes as (

    select * from {{ ref('int_subscription_changes') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}
    where is_accepted

),

spells as (

    select
        *,
        row_number() over (partition by subscription_id order by changed_on) as spell_number,
        lead(changed_on) over (partition by subscription_id order by changed_on) as next_changed_on,
        lead(status) over (partition by subscription_id order by changed_on) as next_status
    from changes

),

final as (

    select
        spells.subscription_id,
        spells.status,
        spells.plan_id,
        cast(
            least(
                cast(coalesce(spells.quantity, 1) as decimal(28, 3))
                * coalesce(spells.unit_price, plans.monthly_price, 0),
                {{ var('max_amount') }}
            ) as decimal(18, 2)
        ) as monthly_charge,
        plans.currency,
        case when spells.spell_number = 1 then {{ beginning_of_time() }} else spells.changed_on end
            as valid_from,
        coalesce(spells.next_changed_on, {{ end_of_time() }}) as valid_to,
        {{ billable_through('spells.next_status', 'spells.next_changed_on') }} as billable_through
    from spells
    left join plans
        on spells.plan_id = plans.plan_id

)

select * from final
