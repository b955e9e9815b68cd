-- If this fails, an open case contradicts the core marts on the as-of date: an independent reading
-- of the zombie and leaky-bucket rules from the settlement of each invoice.

with expected as (

    select
        'leaky_bucket' as rule,
        invoice_id
    from {{ ref('fct_invoices') }}
    where
        paid_amount > 0
        and paid_amount < net_due_amount
        and outstanding_amount > 0
        and not is_small_balance
        and days_past_due > 0

    union all

    select
        'zombie' as rule,
        invoices.invoice_id
    from {{ ref('fct_invoices') }} as invoices
    inner join {{ ref('dim_accounts') }} as accounts
        on
        invoices.account_id = accounts.account_id
        and accounts.is_current
        and accounts.account_status = 'Active'
    left join {{ ref('dim_subscriptions') }} as subscriptions
        on
        invoices.subscription_id = subscriptions.subscription_id
        and subscriptions.is_current
    -- what only the change feed knows of has no row in the dimension
    left join {{ ref('int_subscription_spells') }} as spells
        on
        invoices.subscription_id = spells.subscription_id
        and spells.valid_from <= {{ as_of_date() }}
        and spells.valid_to > {{ as_of_date() }}
    where
        invoices.paid_amount = 0
        and invoices.outstanding_amount > 0
        and not invoices.is_small_balance
        and invoices.days_past_due > {{ var('zombie_grace_days') }}
        and coalesce(subscriptions.subscription_status, spells.status, 'Active') = 'Active'

),

found as (

    select
        rule,
        invoice_id
    from {{ ref('fct_leakage_cases') }}
    where rule in ('zombie', 'leaky_bucket') and status in ('open', 'superseded')

)

select
    coalesce(expected.rule, found.rule) as rule,
    coalesce(expected.invoice_id, found.invoice_id) as invoice_id,
    expected.invoice_id is not null as is_expected,
    found.invoice_id is not null as is_found
from expected
full outer join found
    on expected.rule = found.rule and expected.invoice_id = found.invoice_id
where expected.invoice_id is null or found.invoice_id is null
