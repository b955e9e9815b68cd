-- Lines that name a subscription decide which one an invoice is for, then lines that could be
-- paired with one. Lines that match none may still leave a single candidate.

with invoices as (

    select * from {{ ref('int_invoices') }}

),

lines as (

    select * from {{ ref('int_subscription_evidence') }}

),

paired as (

    select * from {{ ref('int_paired_subscriptions') }}

),

billable as (

    select * from {{ ref('int_billable_subscriptions') }}

),

unpaired as (

    select
        *,
        count(*) over (partition by account_id, period_start, period_end) as subscription_count,
        sum(amount) over (partition by account_id, period_start, period_end) as total_amount
    from paired
    where invoice_id is null

),

-- a line that names a plan without subscribers is for no subscription
unmatched as (

    select
        lines.invoice_id,
        lines.account_id,
        lines.period_start,
        lines.period_end,
        bool_or(lines.line_item_id is null) as is_whole_invoice,
        bool_or(lines.charge_type = 'subscription') as is_for_subscription,
        sum(lines.amount) as amount
    from lines
    left join paired
        on
        lines.invoice_id = paired.invoice_id
        and lines.line_item_id is not distinct from paired.line_item_id
    where
        lines.subscription_id is null
        and lines.plan_key is null
        and paired.invoice_id is null
    group by lines.invoice_id, lines.account_id, lines.period_start, lines.period_end

),

covering as (

    select
        invoice_id,
        subscription_id
    from lines
    where subscription_id is not null
    union
    select
        invoice_id,
        invoice_subscription_id as subscription_id
    from lines
    where subscription_id is not null and invoice_subscription_id is not null
    union
    select
        invoice_id,
        subscription_id
    from paired
    where invoice_id is not null
    union
    select
        unmatched.invoice_id,
        unpaired.subscription_id
    from unmatched
    inner join unpaired
        on
        unmatched.account_id = unpaired.account_id
        and unmatched.period_start = unpaired.period_start
        and unmatched.period_end = unpaired.period_end
    where
        unmatched.is_whole_invoice
        or unmatched.amount = unpaired.total_amount
        or (unmatched.is_for_subscription and unpaired.subscription_count = 1)

),

only_active as (

    select
        account_id,
        period_start,
        period_end,
        min(subscription_id) as subscription_id
    from billable
    group by account_id, period_start, period_end
    having count(*) = 1

),

final as (

    select
        invoice_id,
        subscription_id,
        true as is_covered
    from covering
    union all
    -- it charges for something else, but not for another subscription
    select
        invoices.invoice_id,
        only_active.subscription_id,
        false as is_covered
    from invoices
    inner join only_active
        on
        invoices.account_id = only_active.account_id
        and invoices.period_start = only_active.period_start
        and invoices.period_end = only_active.period_end
    left join covering
        on invoices.invoice_id = covering.invoice_id
    where
        invoices.subscription_id is null
        and covering.invoice_id is null

)

select * from final
