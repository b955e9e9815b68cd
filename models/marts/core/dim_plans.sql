with plans as (

    select * from {{ ref('stg_billing__plans') }}
    where is_accepted

),

stubs as (

    select * from {{ ref('int_catalogue_stubs') }}
    where kind = 'plan'

),

final as (

    select
        plan_id,
        plan_name,
        monthly_price,
        currency,
        false as is_stub
    from plans
    union all
    select
        item_id as plan_id,
        null as plan_name,
        null as monthly_price,
        null as currency,
        true as is_stub
    from stubs

)

select * from final
