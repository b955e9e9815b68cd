-- A charge is judged by the day it is billed for: a bill may be issued after the end for service
-- before it. An end without a date, known only from an extract's status, proves nothing.

with invoices as (

    select
        *,
        coalesce(period_start, cast(date_trunc('month', invoice_date) as date)) as covers_from
    from {{ ref('int_invoices_enriched') }}
    where invoiced_amount > 0

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

ended_accounts as (

    select * from {{ ref('int_account_spells') }}
    where status in ('Closed', 'Cancelled') and valid_from > {{ beginning_of_time() }}

),

ended_subscriptions as (

    select * from {{ ref('int_subscription_spells') }}
    where status in ('Closed', 'Cancelled') and valid_from > {{ beginning_of_time() }}

),

corrections as (

    select * from {{ ref('int_invoice_corrections') }}

),

with_billing_day as (

    select
        invoices.*,
        coalesce(
            subscriptions.billing_day,
            cast(
                extract(day from coalesce(invoices.period_start, invoices.invoice_date)) as integer
            )
        ) as billing_day,
        subscriptions.billed
    from invoices
    left join subscriptions
        on invoices.subscription_id = subscriptions.subscription_id

),

dated as (

    select
        *,
        case
            when subscription_id is null
                then least(invoice_date, coalesce(period_end, invoice_date))
            -- service of a period billed in arrears is owed from its first day
            when billed = 'in_arrears' then covers_from
            -- the first billing date in the period
            else least(
                {{ first_billing_date('covers_from', 'billing_day') }},
                greatest(coalesce(period_end, {{ end_of_time() }}), covers_from)
            )
        end as billed_for
    from with_billing_day

),

-- a subscription that ends on its billing date is still billed; before that day nothing is known
fired as (

    select
        dated.*,
        ended_accounts.valid_from as account_ended_on,
        ended_subscriptions.valid_from as subscription_ended_on,
        greatest(dated.invoice_date, dated.billed_for) as first_seen_on,
        corrections.charged_amount,
        corrections.credited_in_full_on
    from dated
    left join ended_accounts
        on
        dated.account_id = ended_accounts.account_id
        and dated.billed_for > ended_accounts.valid_from
        and dated.billed_for < ended_accounts.valid_to
    left join ended_subscriptions
        on
        dated.subscription_id = ended_subscriptions.subscription_id
        and dated.billed_for > ended_subscriptions.valid_from
        and dated.billed_for < ended_subscriptions.valid_to
    left join corrections
        on dated.invoice_id = corrections.invoice_id
    where
        coalesce(ended_accounts.account_id, ended_subscriptions.subscription_id) is not null
        and dated.billed_for <= {{ as_of_date() }}

),

final as (

    select
        'billed_after_cancel' as rule,
        'invoice' as entity_type,
        invoice_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        covers_from as period_start,
        coalesce(charged_amount, invoiced_amount) as amount,
        currency,
        first_seen_on,
        credited_in_full_on as resolved_on,
        case when credited_in_full_on is not null then 'credited' end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        concat_ws(
            '; ',
            'account closed on ' || cast(account_ended_on as {{ dbt.type_string() }}),
            'subscription cancelled on ' || cast(subscription_ended_on as {{ dbt.type_string() }}),
            'billed for ' || cast(billed_for as {{ dbt.type_string() }}),
            cast(invoiced_amount as {{ dbt.type_string() }}) || ' ' || currency
        ) as evidence
    from fired
    where coalesce(credited_in_full_on > first_seen_on, true)

)

select * from final
