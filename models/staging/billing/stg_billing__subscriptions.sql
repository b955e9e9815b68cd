with source as (

    select * from {{ source('raw_billing', 'subscriptions') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

fed as (

    select entity_key from {{ ref('stg_cdc__change_events') }}
    where is_accepted and op is not null and source_table = 'raw_billing.subscriptions'
    group by entity_key

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('subscription_id'),
            'missing_account': is_missing('account_id'),
            'billing_day_out_of_range': 'billing_day not between 1 and 31',
            'negative_quantity': 'quantity < 0',
            'negative_amount': 'unit_price < 0',
            'quantity_out_of_range': is_beyond('max_quantity', ['quantity']),
            'amount_out_of_range': is_beyond('max_amount', ['unit_price'])
        }) }} as row_reasons
    from source

),

ranked as (

    {{ rank_within_key(
        'subscription_id',
        [
            'account_id', 'plan_id', 'status', 'started_on', 'cancelled_on', 'billing_day',
            'billed', 'quantity', 'unit_price'
        ],
        source('raw_billing', 'subscriptions'), version='updated_at'
    ) }}

),

priced as (

    select
        ranked.*,
        replace(replace(lower(trim(ranked.billed)), ' ', '_'), '-', '_') as billed_word,
        plans.plan_id is not null as has_plan
    from ranked
    left join plans
        on ranked.plan_id = plans.plan_id and plans.is_accepted

),

-- a status that neither the change feed nor a date explains
dated as (

    select
        priced.*,
        priced.cancelled_on is null
        and fed.entity_key is null
        and not coalesce(batches.has_status_throughout, false) as is_status_undated
    from priced
    left join fed
        on priced.subscription_id = fed.entity_key
    left join batches
        on priced._batch_no = batches.batch_no

),

final as (

    select
        -- ids
        subscription_id,
        account_id,
        plan_id,

        -- attributes
        {{ status_of('status') }} as status,
        coalesce(billing_day, cast(extract(day from started_on) as integer), 1) as billing_day,
        case when billed_word = 'in_arrears' then billed_word else 'in_advance' end as billed,
        coalesce(quantity, 1) as quantity,

        -- amounts
        unit_price,

        -- dates
        started_on,
        cancelled_on,
        updated_at,

        -- flags
        {{ alerts({
            'no_price': 'unit_price is null and not has_plan',
            'no_start': 'started_on is null',
            'cancelled_before_start': 'cancelled_on < started_on',
            'unknown_billed': "billed_word not in ('in_advance', 'in_arrears')",
            'undated_status': 'is_status_undated and ' ~ status_of('status') ~ " != 'Active'"
        }, [unknown_status('status')]) }} as alerts,

        {{ verdict('subscription_id') }}
    from dated

)

select * from final
