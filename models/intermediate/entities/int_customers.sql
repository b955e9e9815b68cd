with customers as (

    select * from {{ ref('stg_crm__customers') }}
    where is_accepted

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

-- a customer has the status of its most active account
account_standing as (

    select
        customer_id,
        {{ liveliest_status('status') }} as account_status,
        min(opened_on) as first_opened_on,
        min(batch_no) as batch_no
    from accounts
    group by customer_id

),

known as (

    select
        customers.customer_id,
        customers.customer_name,
        customers.email,
        customers.phone,
        customers.street,
        customers.city,
        customers.region,
        customers.postal_code,
        customers.country,
        customers.segment,
        account_standing.account_status,
        coalesce(cast(customers.created_at as date), account_standing.first_opened_on)
            as created_on,
        false as is_stub,
        customers.batch_no
    from customers
    left join account_standing
        on customers.customer_id = account_standing.customer_id

),

stubs as (

    select
        account_standing.customer_id,
        null as customer_name,
        null as email,
        null as phone,
        null as street,
        null as city,
        null as region,
        null as postal_code,
        null as country,
        null as segment,
        account_standing.account_status,
        account_standing.first_opened_on as created_on,
        true as is_stub,
        account_standing.batch_no
    from account_standing
    left join customers
        on account_standing.customer_id = customers.customer_id
    where customers.customer_id is null

),

final as (

    select * from known
    union all
    select * from stubs

)

select * from final
