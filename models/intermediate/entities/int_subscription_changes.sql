with changes as (

    select * from {{ ref('int_status_changes') }}
    where source_table = 'raw_billing.subscriptions'

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

mentions as (

    select subscription_id from {{ ref('stg_billing__invoices') }}
    where is_accepted and subscription_id is not null
    union all
    select subscription_id from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted and subscription_id is not null

),

fed as (

    select entity_key as subscription_id
    from changes
    group by entity_key

),

-- Without a feed the dated columns decide. An end date on an active, trial or pending subscription
-- is the end of its term, not a cancellation; on one of any other status, or of none, it is the day
-- the status began.
undated as (

    select
        subscriptions.*,
        case
            when subscriptions.status in ('Active', 'Trial', 'Pending') then null
            else subscriptions.cancelled_on
        end as ended_on
    from subscriptions
    left join fed
        on subscriptions.subscription_id = fed.subscription_id
    where fed.subscription_id is null

),

-- a subscription known only from invoices or their lines has no status, which counts as active
stubs as (

    select mentions.subscription_id
    from mentions
    left join subscriptions
        on mentions.subscription_id = subscriptions.subscription_id
    left join fed
        on mentions.subscription_id = fed.subscription_id
    where
        subscriptions.subscription_id is null
        and fed.subscription_id is null
    group by mentions.subscription_id

),

final as (

    -- where the feed has no plan, price and quantity come from the subscription's own row
    select
        changes.entity_key as subscription_id,
        changes.changed_on,
        changes.status,
        coalesce(changes.plan_id, subscriptions.plan_id) as plan_id,
        coalesce(changes.quantity, subscriptions.quantity) as quantity,
        case when changes.plan_id is null then subscriptions.unit_price else changes.unit_price end
            as unit_price
    from changes
    left join subscriptions
        on changes.entity_key = subscriptions.subscription_id

    union all

    select
        subscription_id,
        {{ beginning_of_time() }} as changed_on,
        case when ended_on is not null then 'Active' else coalesce(status, 'Active') end as status,
        plan_id,
        quantity,
        unit_price
    from undated

    union all

    select
        subscription_id,
        ended_on as changed_on,
        coalesce(status, 'Cancelled') as status,
        plan_id,
        quantity,
        unit_price
    from undated
    where ended_on is not null

    union all

    select
        subscription_id,
        {{ beginning_of_time() }} as changed_on,
        'Active' as status,
        null as plan_id,
        null as quantity,
        null as unit_price
    from stubs

)

select * from final
