with invoices as (

    select * from {{ ref('int_ledger_invoices') }}

),

ledgers as (

    select * from {{ ref('int_ledgers') }}

),

points as (

    select
        ledger_no,
        issued_day as known_day,
        cast(count(*) as integer) as issued_count,
        cast(sum(invoiced_amount) as decimal(18, 2)) as issued_amount
    from invoices
    group by ledger_no, issued_day

    union all

    select
        ledger_no,
        {{ day_number(as_of_date()) }} + 1 as known_day,
        0 as issued_count,
        0 as issued_amount
    from ledgers

),

final as (

    select
        ledger_no,
        known_day,
        cast(coalesce(sum(issued_count) over last_120_days, 0) as integer) as invoices_prev_120d,
        cast(coalesce(sum(issued_count) over earlier, 0) as integer) as invoices_before,
        cast(coalesce(sum(issued_amount) over earlier, 0) as decimal(18, 2))
            as invoiced_amount_before,
        known_day - max(known_day) over earlier as days_since_last_invoice
    from points
    window
        last_120_days as (
            partition by ledger_no
            order by known_day
            range between 120 preceding and 1 preceding
        ),
        earlier as (
            partition by ledger_no
            order by known_day
            rows between unbounded preceding and 1 preceding
        )

)

select * from final
