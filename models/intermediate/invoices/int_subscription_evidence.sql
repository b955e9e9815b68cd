-- An invoice without lines is treated as if it had one, for its whole amount.

with invoices as (

    select * from {{ ref('int_invoices') }}

),

unnamed_invoices as (

    select * from invoices
    where line_of_business = 'subscription' and subscription_id is null

),

lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

plans as (

    select * from {{ ref('stg_billing__plans') }}
    where is_accepted

),

skus as (

    select * from {{ ref('stg_billing__skus') }}
    where is_accepted

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

names as (

    select
        {{ name_key('plan_name') }} as known_name,
        {{ name_key('plan_name') }} as plan_key
    from plans
    union all
    select
        {{ name_key('plan_id') }} as known_name,
        {{ name_key('coalesce(plan_name, plan_id)') }} as plan_key
    from plans
    union all
    -- a plan that is in no table of plans takes its id as its name
    select
        {{ name_key('subscriptions.plan_id') }} as known_name,
        {{ name_key('subscriptions.plan_id') }} as plan_key
    from subscriptions
    left join plans
        on subscriptions.plan_id = plans.plan_id
    where plans.plan_id is null

),

known_names as (

    select
        known_name,
        min(plan_key) as plan_key
    from names
    where known_name is not null
    group by known_name

),

considered as (

    select
        unnamed_invoices.*,
        lines.line_item_id,
        lines.subscription_id as named_subscription_id,
        lines.charge_type,
        lines.sku_id,
        lines.description,
        lines.quantity,
        lines.amount
    from unnamed_invoices
    left join lines
        on unnamed_invoices.invoice_id = lines.invoice_id
    union all
    -- lines of other invoices are evidence only where they name a subscription
    select
        invoices.*,
        lines.line_item_id,
        lines.subscription_id as named_subscription_id,
        lines.charge_type,
        lines.sku_id,
        lines.description,
        lines.quantity,
        lines.amount
    from lines
    inner join invoices
        on lines.invoice_id = invoices.invoice_id
    where
        lines.subscription_id is not null
        and (invoices.line_of_business != 'subscription' or invoices.subscription_id is not null)

),

final as (

    select
        considered.invoice_id,
        considered.line_item_id,
        considered.account_id,
        considered.invoice_date,
        considered.period_start,
        considered.period_end,
        considered.subscription_id as invoice_subscription_id,
        considered.named_subscription_id as subscription_id,
        coalesce(by_sku.plan_key, by_text.plan_key, by_sku_name.plan_key) as plan_key,
        coalesce(considered.charge_type, 'subscription') as charge_type,
        considered.quantity,
        cast(coalesce(considered.amount, considered.invoiced_amount) as decimal(18, 2)) as amount
    from considered
    left join skus
        on considered.sku_id = skus.sku_id
    left join known_names as by_sku
        on {{ name_key('considered.sku_id') }} = by_sku.known_name
    left join known_names as by_text
        on {{ name_key('considered.description') }} = by_text.known_name
    left join known_names as by_sku_name
        on {{ name_key('skus.sku_name') }} = by_sku_name.known_name
    -- taxes, discounts and credits are evidence for no subscription
    where
        coalesce(considered.amount, considered.invoiced_amount) >= 0
        and coalesce(considered.charge_type, 'subscription')
        not in ('tax', 'duty', 'fee', 'surcharge', 'discount')

)

select * from final
