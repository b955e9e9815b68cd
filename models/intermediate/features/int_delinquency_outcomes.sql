-- The only model of the account's features that looks ahead.

with checks as (

    select * from {{ ref('int_delinquency_checks') }}

),

ahead as (

    select
        account_id,
        check_number,
        count(*) over next_checks as checks_ahead,
        max(check_date) over next_checks as last_check_on,
        max(case when delinquency_status = 'Closed' then 1 end) over next_checks as closings,
        max(case when delinquency_status = 'Closed' then unpaid_amount end) over next_checks
            as closing_balance
    from checks
    window next_checks as (
        partition by account_id order by check_number
        rows between 1 following and {{ var('delinquency_label_cycles') }} following
    )

),

-- no check follows the one that closes an account: it is the last of those ahead
final as (

    select
        account_id,
        check_number,
        case
            when closings = 1 then closing_balance > 0
            when checks_ahead = {{ var('delinquency_label_cycles') }} then false
        end as became_bad_debt,
        case
            when closings = 1 or checks_ahead = {{ var('delinquency_label_cycles') }}
                then last_check_on
        end as label_known_on
    from ahead

)

select * from final
