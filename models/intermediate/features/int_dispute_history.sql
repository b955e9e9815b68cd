with points as (

    select * from {{ ref('int_history_points') }}

),

invoices as (

    select * from {{ ref('int_ledger_invoices') }}

),

disputes as (

    select * from {{ ref('stg_payments__disputes') }}
    where is_accepted and opened_on <= {{ as_of_date() }}

),

-- a dispute cannot be known before its invoice is
dated as (

    select
        invoices.ledger_no,
        greatest({{ day_number('disputes.opened_on') }}, invoices.issued_day) as opened_day,
        greatest({{ day_number('disputes.resolved_on') }}, invoices.issued_day) as resolved_day,
        disputes.resolved_on is not null as is_resolved
    from disputes
    inner join invoices
        on disputes.invoice_id = invoices.invoice_id

),

timeline as (

    select
        ledger_no,
        known_day * 2 as sort_key,
        0 as opened,
        0 as closed
    from points
    where ledger_no in (select dated.ledger_no from dated)

    union all

    select
        ledger_no,
        opened_day * 2 + 1 as sort_key,
        1 as opened,
        0 as closed
    from dated

    union all

    select
        ledger_no,
        greatest(resolved_day, opened_day) * 2 + 1 as sort_key,
        0 as opened,
        1 as closed
    from dated
    where is_resolved

),

running as (

    select
        ledger_no,
        sort_key,
        sum(opened) over so_far as disputes_before,
        sum(opened - closed) over so_far as open_disputes
    from timeline
    window so_far as (
        partition by ledger_no
        order by sort_key
        range between unbounded preceding and current row
    )

),

final as (

    select
        ledger_no,
        cast(floor(sort_key / 2) as integer) as known_day,
        cast(disputes_before as integer) as disputes_before,
        cast(open_disputes as integer) as open_disputes
    from running
    where sort_key % 2 = 0

)

select * from final
