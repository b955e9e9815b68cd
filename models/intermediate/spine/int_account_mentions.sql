with invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
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
        end as likely_line_of_business
    from invoices
    union all
    select
        account_id,
        batch_no,
        null as currency,
        started_on as seen_on,
        'subscription' as likely_line_of_business
    from subscriptions

),

final as (

    select
        mentions.account_id,
        min(mentions.currency) as currency,
        min(mentions.seen_on) as first_seen_on,
        min(coalesce(batches.line_of_business, mentions.likely_line_of_business))
            as line_of_business,
        min(mentions.batch_no) as batch_no
    from mentions
    left join batches
        on mentions.batch_no = batches.batch_no
    group by mentions.account_id

)

select * from final
