-- If this fails, an account or subscription has two statuses on one day, and a period may be
-- expected twice.

with spells as (

    select
        'account' as entity,
        account_id as entity_id,
        valid_from,
        valid_to
    from {{ ref('int_account_spells') }}
    union all
    select
        'subscription' as entity,
        subscription_id as entity_id,
        valid_from,
        valid_to
    from {{ ref('int_subscription_spells') }}

),

followed as (

    select
        *,
        lead(valid_from) over (partition by entity, entity_id order by valid_from) as next_from
    from spells

)

select *
from followed
where valid_from >= valid_to or valid_to != coalesce(next_from, {{ end_of_time() }})
