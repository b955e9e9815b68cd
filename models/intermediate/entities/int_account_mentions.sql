-- Money that names an account creates one as well, so that no accepted row is without books. Its
-- details of the account count only where no invoice and no subscription names it.

with invoices as (

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
        true as is_billed,
        case
            when subscription_id is not null then 'subscription'
            when meter_number is not null then 'utility'
            else 'trade_credit'
        end as likely_line_of_business
    from invoices
    union all
    select
        account_id,
        batch_no,
        null as currency,
        started_on as seen_on,
        true as is_billed,
        'subscription' as likely_line_of_business
    from subscriptions
    union all
    select
        account_id,
        batch_no,
        currency,
        payment_date as seen_on,
        false as is_billed,
        null as likely_line_of_business
    from payments
    union all
    select
        account_id,
        batch_no,
        currency,
        credit_date as seen_on,
        false as is_billed,
        null as likely_line_of_business
    from credit_notes

),

final as (

    select
        mentions.account_id,
        coalesce(
            min(mentions.currency) filter (where mentions.is_billed), min(mentions.currency)
        ) as currency,
        coalesce(
            min(mentions.seen_on) filter (where mentions.is_billed), min(mentions.seen_on)
        ) as first_seen_on,
        coalesce(
            min(coalesce(batches.line_of_business, mentions.likely_line_of_business))
            filter (where mentions.is_billed),
            min(batches.line_of_business),
            'trade_credit'
        ) as line_of_business,
        coalesce(
            min(mentions.batch_no) filter (where mentions.is_billed), min(mentions.batch_no)
        ) as batch_no
    from mentions
    left join batches
        on mentions.batch_no = batches.batch_no
    group by mentions.account_id

)

select * from final
