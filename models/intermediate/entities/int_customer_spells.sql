with accounts as (

    select * from {{ ref('int_accounts') }}

),

account_spells as (

    select * from {{ ref('int_account_spells') }}

),

standings as (

    select
        accounts.customer_id,
        account_spells.status,
        account_spells.valid_from,
        account_spells.valid_to
    from account_spells
    inner join accounts
        on account_spells.account_id = accounts.account_id

),

change_days as (

    select
        customer_id,
        valid_from
    from standings
    group by customer_id, valid_from

),

-- a customer has the status of its most active account
daily as (

    select
        change_days.customer_id,
        change_days.valid_from,
        {{ liveliest_status('standings.status') }} as status
    from change_days
    inner join standings
        on
        change_days.customer_id = standings.customer_id
        and change_days.valid_from >= standings.valid_from
        and change_days.valid_from < standings.valid_to
    group by change_days.customer_id, change_days.valid_from

),

final as (

    select
        customer_id,
        status,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by customer_id order by valid_from),
            {{ end_of_time() }}
        ) as valid_to
    from daily

)

select * from final
