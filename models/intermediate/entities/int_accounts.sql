-- Whatever names an account creates one, so that no accepted row is without books. What money says
-- of an account counts only where no invoice and no subscription names it.

with accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted and account_id is not null

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

mentions as (

    select
        account_id,
        batch_no,
        currency,
        invoice_date as seen_on,
        case
            when subscription_id is not null then 'subscription'
            when meter_number is not null then 'utility'
            else 'trade_credit'
        end as billed_line
    from invoices
    union all
    select
        account_id,
        batch_no,
        null as currency,
        started_on as seen_on,
        'subscription' as billed_line
    from subscriptions
    {% for money, paid_on in [('payments', 'payment_date'), ('credit_notes', 'credit_date')] -%}
        union all
        select
            account_id,
            batch_no,
            currency,
            {{ paid_on }} as seen_on,
            null as billed_line
        from {{ money }}
    {% endfor %}

),

mentioned as (

    select
        mentions.account_id,
        {% for column in ['currency', 'seen_on', 'batch_no'] -%}
            coalesce(
                min(mentions.{{ column }}) filter (where mentions.billed_line is not null),
                min(mentions.{{ column }})
            ) as {{ column }},
        {% endfor -%}
        coalesce(
            min(coalesce(batches.line_of_business, mentions.billed_line))
            filter (where mentions.billed_line is not null),
            min(batches.line_of_business)
        ) as line_of_business
    from mentions
    left join batches
        on mentions.batch_no = batches.batch_no
    group by mentions.account_id

),

joined as (

    select
        accounts.*,
        coalesce(accounts.account_id, mentioned.account_id) as known_id,
        mentioned.currency as seen_currency,
        mentioned.seen_on,
        coalesce(accounts.line_of_business, batches.line_of_business, mentioned.line_of_business)
            as known_line,
        case when accounts.account_id is null then mentioned.batch_no else accounts.batch_no end
            as known_batch_no
    from accounts
    full outer join mentioned
        on accounts.account_id = mentioned.account_id
    left join batches
        on accounts.batch_no = batches.batch_no

),

final as (

    select
        known_id as account_id,
        coalesce(customer_id, known_id) as customer_id,
        coalesce(known_line, 'trade_credit') as line_of_business,
        coalesce(status, 'Active') as status,
        coalesce(
            cash_application,
            case when known_line = 'utility' then 'balance_forward' else 'open_item' end
        ) as cash_application,
        payment_terms_days,
        credit_limit,
        coalesce(currency, seen_currency, {{ default_currency() }}) as currency,
        coalesce(opened_on, seen_on) as opened_on,
        least(opened_on, seen_on) as first_seen_on,
        closed_on,
        updated_at,
        account_id is null as is_stub,
        known_batch_no as batch_no
    from joined

)

select * from final
