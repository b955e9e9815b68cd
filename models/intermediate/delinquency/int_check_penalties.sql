-- Shares are compared by multiplication, so that the result is exact to the cent.

with balances as (

    select * from {{ ref('int_checked_balances') }}

),

policies as (

    select * from {{ ref('int_delinquency_policies') }}

),

final as (

    select
        balances.account_id,
        balances.currency,
        balances.check_date,
        balances.invoice_id,
        balances.total_due_amount,
        balances.unpaid_amount,
        policies.step_name as miss_type,
        policies.penalty,
        policies.suspend_score,
        policies.close_score
    from balances
    inner join policies
        on
        balances.line_of_business = policies.line_of_business
        and balances.check_date >= policies.valid_from
        and balances.check_date < policies.valid_to
        and case
            when balances.unpaid_amount = 0 then policies.step_name = 'none'
            else
                balances.unpaid_amount
                >= cast(
                    policies.min_ratio * cast(balances.total_due_amount as decimal(28, 2))
                    as decimal(38, 8)
                )
                and (
                    policies.below_ratio is null
                    or balances.unpaid_amount
                    < cast(
                        policies.below_ratio * cast(balances.total_due_amount as decimal(28, 2))
                        as decimal(38, 8)
                    )
                )
        end

)

select * from final
