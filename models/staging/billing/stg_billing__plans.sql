with source as (

    select * from {{ source('raw_billing', 'plans') }}

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('plan_id'),
            'missing_amount': is_missing('monthly_price'),
            'negative_amount': 'monthly_price < 0',
            'amount_out_of_range': is_beyond('max_amount', ['monthly_price']),
            'not_a_currency': 'not ' ~ is_currency('currency')
        }) }} as row_reasons
    from source

),

ranked as (

    {{ rank_within_key(
        'plan_id',
        [
            'plan_name', 'monthly_price', 'currency'
        ],
        source('raw_billing', 'plans')
    ) }}

),

final as (

    select
        -- ids
        plan_id,

        -- attributes
        plan_name,
        upper(trim(currency)) as currency,

        -- amounts
        monthly_price,

        {{ verdict('plan_id') }}
    from ranked

)

select * from final
