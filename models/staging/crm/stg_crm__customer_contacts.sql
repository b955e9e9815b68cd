with source as (

    select * from {{ source('raw_crm', 'customer_contacts') }}

),

customers as (

    select * from {{ ref('stg_crm__customers') }}
    where is_accepted

),

-- a customer that only an account names becomes a stub
account_holders as (

    select customer_id from {{ ref('stg_crm__accounts') }}
    where is_accepted
    group by customer_id

),

resolved as (

    select
        source.*,
        customers.customer_id is not null or account_holders.customer_id is not null
            as has_customer
    from source
    left join customers
        on source.customer_id = customers.customer_id
    left join account_holders
        on source.customer_id = account_holders.customer_id

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('contact_id'),
            'missing_customer': is_missing('customer_id')
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'contact_id',
        [
            'customer_id', 'full_name', 'email', 'phone', 'role', 'created_at'
        ],
        source('raw_crm', 'customer_contacts'), version='updated_at'
    ) }}

),

final as (

    select
        -- ids
        contact_id,
        customer_id,

        -- attributes
        full_name as contact_name,
        email,
        phone,
        lower(trim(role)) as contact_role,

        -- dates
        created_at,
        updated_at,

        -- flags
        {{ alerts({
            'unknown_customer': 'customer_id is not null and not has_customer',
            'no_way_to_contact': 'email is null and phone is null'
        }) }} as alerts,

        {{ verdict('contact_id') }}
    from ranked

)

select * from final
