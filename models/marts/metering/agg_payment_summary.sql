with bills as (

    select * from {{ ref('int_settled_bills') }}

),

final as (

    select
        consumer_type,
        month_start,
        currency,
        count(*) as bill_count,
        count(case when settlement_state in ('paid', 'overpaid') then 1 end) as paid_count,
        count(case when settlement_state = 'partially_paid' then 1 end) as partially_paid_count,
        count(case when settlement_state = 'unpaid' then 1 end) as unpaid_count,
        count(case when settlement_state = 'credited' then 1 end) as credited_count,
        count(case when settlement_state = 'written_off' then 1 end) as written_off_count,
        count(case when timeliness = 'settled_on_time' then 1 end) as settled_on_time_count,
        count(case when timeliness = 'settled_late' then 1 end) as settled_late_count,
        count(case when timeliness = 'not_due' then 1 end) as not_due_count,
        count(case when timeliness = 'overdue' then 1 end) as overdue_count,
        cast(sum(invoiced_amount) as decimal(18, 2)) as billed_amount,
        cast(sum(credited_amount) as decimal(18, 2)) as credited_amount,
        cast(sum(paid_amount) as decimal(18, 2)) as paid_amount,
        cast(sum(written_off_amount) as decimal(18, 2)) as written_off_amount,
        cast(sum(outstanding_amount) as decimal(18, 2)) as outstanding_amount,
        cast(
            sum(case when timeliness = 'overdue' then outstanding_amount else 0 end)
            as decimal(18, 2)
        ) as overdue_amount,
        cast(avg(cast(days_to_settle as double)) as decimal(9, 2)) as avg_days_to_settle
    from bills
    group by consumer_type, month_start, currency

)

select * from final
