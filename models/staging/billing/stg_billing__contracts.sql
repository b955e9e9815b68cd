with source as (

    select * from {{ source('raw_billing', 'contracts') }}

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('contract_id'),
            'missing_account': is_missing('account_id'),
            'negative_amount': 'unit_price < 0 or increased_unit_price < 0'
        }) }} as row_reasons
    from source

),

ranked as (

    select
        *,
        {{ rank_within_key('contract_id', [
            'started_on nulls last', 'ended_on nulls last', 'account_id nulls last',
            'plan_id nulls last', 'sku_id nulls last', 'unit_price nulls last',
            'increase_on nulls last', 'increased_unit_price nulls last'
        ]) }} as key_rank
    from judged

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
