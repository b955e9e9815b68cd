with plans as (

    select * from {{ ref('stg_billing__plans') }}
    where is_accepted

),

final as (

    select
        plan_id,
        plan_name,
        monthly_price,
        currency
    from plans

)

select * from final
