-- A bill that charges too much, until credits come to the excess and put it right.

with bills as (

    select * from {{ ref('int_overcharged_bills') }}

),

credits as (

    select * from {{ ref('int_invoice_credits') }}

),

credited as (

    select
        bills.invoice_id,
        credits.credited_on,
        sum(credits.credited_amount) over (
            partition by bills.invoice_id
            order by credits.credited_on
        ) as credited_amount
    from bills
    inner join credits
        on bills.invoice_id = credits.invoice_id

),

cured as (

    select
        bills.invoice_id,
        min(credited.credited_on) as cured_on
    from bills
    inner join credited
        on bills.invoice_id = credited.invoice_id
    where credited.credited_amount >= bills.excess
    group by bills.invoice_id

),

final as (

    select
        'over_billed' as rule,
        'invoice' as entity_type,
        bills.invoice_id as entity_id,
        bills.account_id,
        bills.invoice_id,
        bills.subscription_id,
        bills.covers_from as period_start,
        cast(bills.excess as decimal(18, 2)) as amount,
        bills.currency,
        bills.known_on as first_seen_on,
        cured.cured_on as resolved_on,
        case when cured.cured_on is not null then 'credited' end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        bills.evidence
    from bills
    left join cured
        on bills.invoice_id = cured.invoice_id
    where
        bills.known_on <= {{ as_of_date() }}
        and coalesce(cured.cured_on > bills.known_on, true)

)

select * from final
