-- An end without a date, known only from an extract's status, proves nothing about any invoice.

with invoices as (

    select * from {{ ref('int_invoice_billing_dates') }}
    where billed_for <= {{ as_of_date() }}

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

-- a subscription that ends on its billing date is still billed; before that day nothing is known
fired as (

    select
        invoices.*,
        ended_accounts.valid_from as account_ended_on,
        ended_subscriptions.valid_from as subscription_ended_on,
        greatest(invoices.invoice_date, invoices.billed_for) as first_seen_on,
        corrections.charged_amount,
        corrections.credited_in_full_on
    from invoices
    left join ended_accounts
        on
        invoices.account_id = ended_accounts.account_id
        and invoices.billed_for > ended_accounts.valid_from
        and invoices.billed_for < ended_accounts.valid_to
    left join ended_subscriptions
        on
        invoices.subscription_id = ended_subscriptions.subscription_id
        and invoices.billed_for > ended_subscriptions.valid_from
        and invoices.billed_for < ended_subscriptions.valid_to
    left join corrections
        on invoices.invoice_id = corrections.invoice_id
    where coalesce(ended_accounts.account_id, ended_subscriptions.subscription_id) is not null

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
