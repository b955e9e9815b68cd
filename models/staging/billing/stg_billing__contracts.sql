with source as (

    select * from {{ source('raw_billing', 'contracts') }}

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('contract_id'),
            'missing_account': is_missing('account_id'),
            'negative_amount': 'unit_price < 0 or increased_unit_price < 0',
            'amount_out_of_range':
                is_beyond('max_amount', ['unit_price', 'increased_unit_price'])
        }) }} as row_reasons
    from source

),

ranked as (

    {{ rank_within_key(
        'contract_id',
        [
            'account_id', 'plan_id', 'sku_id', 'unit_price', 'increase_on', 'increased_unit_price',
            'started_on', 'ended_on'
        ],
        source('raw_billing', 'contracts')
    ) }}

),

final as (

    select
        -- ids
        contract_id,
        account_id,
        plan_id,
        sku_id,

        -- amounts
        unit_price,
        increased_unit_price,

        -- dates
        started_on,
        increase_on,
        ended_on,

        -- flags
        {{ alerts({
            'no_price': 'unit_price is null',
            'ends_before_start': 'ended_on < started_on',
            'increase_without_price': 'increase_on is not null and increased_unit_price is null'
        }) }} as alerts,

        {{ verdict('contract_id') }}
    from ranked

)

select * from final
