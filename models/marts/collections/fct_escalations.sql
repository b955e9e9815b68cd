with checks as (

    select * from {{ ref('int_delinquency_checks') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

followed as (

    select
        *,
        coalesce(
            lag(delinquency_status) over (partition by account_id order by check_number), 'Active'
        ) as from_status
    from checks

),

changes as (

    select
        *,
        row_number() over (partition by account_id order by check_number) as escalation_number,
        lead(check_date) over (partition by account_id order by check_number) as held_until
    from followed
    where delinquency_status != from_status

),

final as (

    select
        changes.account_id,
        cast(changes.escalation_number as integer) as escalation_number,
        accounts.customer_id,
        accounts.line_of_business,
        changes.currency,
        changes.check_date as changed_on,
        changes.from_status,
        changes.delinquency_status as to_status,
        case
            when changes.delinquency_status = 'Active' then 'better'
            when changes.delinquency_status = 'Delinquent' and changes.from_status = 'Suspended'
                then 'better'
            else 'worse'
        end as direction,
        changes.invoice_id,
        changes.unpaid_amount,
        changes.penalty_score,
        changes.held_until,
        {{ days_from(
            'changes.check_date', 'coalesce(changes.held_until, ' ~ as_of_date() ~ ')'
        ) }} as days_held
    from changes
    inner join accounts
        on changes.account_id = accounts.account_id

)

select * from final
