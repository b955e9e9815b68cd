with points as (

    select * from {{ ref('int_history_points') }}

),

ledgers as (

    select * from {{ ref('int_ledgers') }}

),

requests as (

    select * from {{ ref('stg_service__service_requests') }}
    where is_accepted and opened_on <= {{ as_of_date() }}

),

-- a request that names no account counts for every account of its customer
dated as (

    select
        ledgers.ledger_no,
        {{ day_number('requests.opened_on') }} as opened_day,
        {{ day_number('requests.resolved_on') }} as resolved_day
    from requests
    inner join ledgers
        on requests.account_id = ledgers.account_id

    union all

    select
        ledgers.ledger_no,
        {{ day_number('requests.opened_on') }} as opened_day,
        {{ day_number('requests.resolved_on') }} as resolved_day
    from requests
    inner join ledgers
        on requests.customer_id = ledgers.customer_id
    where requests.account_id is null

),

timeline as (

    select
        ledger_no,
        known_day as day_no,
        true as is_point,
        0 as opened,
        0 as resolved
    from points
    where ledger_no in (select dated.ledger_no from dated)

    union all

    select
        ledger_no,
        opened_day as day_no,
        false as is_point,
        1 as opened,
        0 as resolved
    from dated

    union all

    select
        ledger_no,
        resolved_day as day_no,
        false as is_point,
        0 as opened,
        1 as resolved
    from dated
    where resolved_day is not null

),

running as (

    select
        ledger_no,
        day_no,
        is_point,
        sum(opened) over last_90_days as requests_prev_90d,
        sum(opened - resolved) over earlier as open_requests
    from timeline
    window
        last_90_days as (
            partition by ledger_no order by day_no range between 90 preceding and 1 preceding
        ),
        earlier as (
            partition by ledger_no order by day_no range between unbounded preceding and 1 preceding
        )

),

final as (

    select
        ledger_no,
        day_no as known_day,
        cast(coalesce(requests_prev_90d, 0) as integer) as requests_prev_90d,
        cast(coalesce(open_requests, 0) as integer) as open_requests
    from running
    where is_point

)

select * from final
