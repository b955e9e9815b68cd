with snapshots as (

    select * from {{ ref('int_delinquency_history') }}

),

invoices as (

    select * from {{ ref('int_invoices') }}

),

-- accounts without a snapshot need no sorting
ledgers as (

    select
        account_id,
        currency
    from snapshots
    group by account_id, currency

),

timeline as (

    select
        account_id,
        currency,
        {{ day_number('check_date') }} as day_no,
        true as is_snapshot,
        check_number,
        0 as bills,
        cast(0 as decimal(18, 2)) as billed
    from snapshots

    union all

    select
        invoices.account_id,
        invoices.currency,
        {{ day_number('invoices.invoice_date') }} as day_no,
        false as is_snapshot,
        null as check_number,
        1 as bills,
        cast(invoices.invoiced_amount as decimal(18, 2)) as billed
    from invoices
    inner join ledgers
        on
        invoices.account_id = ledgers.account_id
        and invoices.currency = ledgers.currency

),

running as (

    select
        account_id,
        check_number,
        is_snapshot,
        sum(bills) over before_the_day as bill_count,
        sum(billed) over before_the_day as billed_amount
    from timeline
    window before_the_day as (
        partition by account_id, currency order by day_no
        range between unbounded preceding and 1 preceding
    )

),

final as (

    select
        account_id,
        check_number,
        cast(coalesce(bill_count, 0) as integer) as bill_count,
        cast(coalesce(billed_amount, 0) as decimal(18, 2)) as billed_amount
    from running
    where is_snapshot

)

select * from final
