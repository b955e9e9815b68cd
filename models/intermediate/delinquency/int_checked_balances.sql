-- What came in for an account between the issue of a bill and its check. Money is totalled by one
-- sort of receipts and check days; the total up to a day excludes that day's own money.

with bills as (

    select * from {{ ref('int_checked_bills') }}

),

money as (

    select * from {{ ref('int_checked_money') }}

),

-- day numbers are doubled, so that a check of a day sorts before the money of that day
events as (

    select
        account_id,
        currency,
        2 * {{ day_number('money_date') }} + 1 as place,
        amount,
        cast(null as date) as check_date,
        0 as sign
    from money

    union all

    select
        account_id,
        currency,
        2 * {{ day_number('invoice_date') }} as place,
        cast(0 as decimal(18, 2)) as amount,
        check_date,
        -1 as sign
    from bills

    union all

    select
        account_id,
        currency,
        2 * {{ day_number('check_date') }} as place,
        cast(0 as decimal(18, 2)) as amount,
        check_date,
        1 as sign
    from bills

),

totalled as (

    select
        account_id,
        check_date,
        sign,
        sum(amount) over (
            partition by account_id, currency
            order by place
            range between unbounded preceding and current row
        ) as money_before
    from events

),

received as (

    select
        account_id,
        check_date,
        sum(case when sign = 1 then money_before else -money_before end) as received_amount
    from totalled
    where sign != 0
    group by account_id, check_date

),

final as (

    select
        bills.account_id,
        bills.currency,
        bills.check_date,
        bills.invoice_id,
        bills.line_of_business,
        bills.total_due_amount,
        cast(
            case
                when bills.total_due_amount > 0
                    then greatest(bills.total_due_amount - received.received_amount, 0)
                else 0
            end as decimal(18, 2)
        ) as unpaid_amount
    from bills
    inner join received
        on
        bills.account_id = received.account_id
        and bills.check_date = received.check_date

)

select * from final
