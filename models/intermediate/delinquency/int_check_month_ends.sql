with checks as (

    select * from {{ ref('int_delinquency_checks') }}

),

months as (

    select
        account_id,
        currency,
        check_date,
        penalty_score,
        delinquency_status,
        {{ month_number('check_date') }} as first_month,
        {{ last_closed_month() }} as last_closed_month
    from checks

),

-- a check holds until the month of the next one; of two in a month only the later is used
spells as (

    select
        *,
        least(
            lead(first_month) over (partition by account_id, currency order by check_date) - 1,
            last_closed_month
        ) as last_month
    from months

),

held as (

    select
        account_id,
        currency,
        {{ each_integer('first_month', 'last_month') }} as month_number,
        check_date,
        penalty_score,
        delinquency_status
    from spells
    where first_month <= last_month

),

final as (

    select
        account_id,
        currency,
        cast(month_number as integer) as month_number,
        check_date,
        penalty_score,
        delinquency_status
    from held

)

select * from final
