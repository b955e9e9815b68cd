with changes as (

    select * from {{ ref('int_status_changes') }}
    where source_table = 'raw_crm.accounts'

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

-- without a feed, the account's dated columns decide: a status without a date holds throughout
undated as (

    select accounts.*
    from accounts
    left join changes
        on accounts.account_id = changes.entity_key
    where changes.entity_key is null

),

dated_changes as (

    select
        entity_key as account_id,
        changed_on,
        status
    from changes

    union all

    select
        account_id,
        {{ beginning_of_time() }} as changed_on,
        case when closed_on is not null and status != 'Active' then 'Active' else status end
            as status
    from undated

    union all

    select
        account_id,
        closed_on as changed_on,
        status
    from undated
    where closed_on is not null and status != 'Active'

),

spells as (

    select
        account_id,
        status,
        changed_on,
        row_number() over (partition by account_id order by changed_on) as spell_number,
        lead(changed_on) over (partition by account_id order by changed_on) as next_changed_on,
        lead(status) over (partition by account_id order by changed_on) as next_status
    from dated_changes

),

final as (

    select
        account_id,
        status,
        case when spell_number = 1 then {{ beginning_of_time() }} else changed_on end
            as valid_from,
        coalesce(next_changed_on, {{ end_of_time() }}) as valid_to,
        {{ billable_through('next_status', 'next_changed_on') }} as billable_through
    from spells

)

select * from final
