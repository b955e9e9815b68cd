with invoices as (

    select * from {{ ref('int_repeated_invoices') }}

),

standing as (

    select
        *,
        coalesce(credited_in_full_on, {{ end_of_time() }}) as stands_to
    from invoices

),

-- An earlier equal invoice counts while it stands: what was credited before it was billed anew has
-- been corrected, not repeated. Of one day, the smaller id is the earlier.
compared as (

    select
        *,
        lag(invoice_id) over by_date as earlier_invoice_id,
        lag(invoice_date) over by_date as earlier_invoice_date,
        max(stands_to) over (
            partition by account_id, currency, invoiced_amount, same_in, charged_for
            order by invoice_date, invoice_id
            rows between unbounded preceding and 1 preceding
        ) as any_stands_to,
        max(stands_to) over (
            partition by account_id, currency, invoiced_amount, same_in, charged_for
            order by invoice_date
            range between
            interval '{{ var("duplicate_window_days") }}' day preceding
            and interval '1' day preceding
        ) as recent_stands_to,
        max(stands_to) over (
            partition by
                account_id, currency, invoiced_amount, same_in, charged_for, invoice_date
            order by invoice_id
            rows between unbounded preceding and 1 preceding
        ) as same_day_stands_to
    from standing
    window by_date as (
        partition by account_id, currency, invoiced_amount, same_in, charged_for
        order by invoice_date, invoice_id
    )

),

fired as (

    select *
    from compared
    where
        stands_to > invoice_date
        and case
            when subscription_id is not null then any_stands_to > invoice_date
            else
                coalesce(recent_stands_to > invoice_date, false)
                or coalesce(same_day_stands_to > invoice_date, false)
        end

),

final as (

    select
        'duplicate_invoice' as rule,
        'invoice' as entity_type,
        invoice_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        coalesce(period_start, cast(date_trunc('month', invoice_date) as date)) as period_start,
        coalesce(charged_amount, invoiced_amount) as amount,
        currency,
        invoice_date as first_seen_on,
        credited_in_full_on as resolved_on,
        case when credited_in_full_on is not null then 'credited' end as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        concat_ws(
            '; ',
            'repeats invoice ' || earlier_invoice_id
            || ' of ' || cast(earlier_invoice_date as {{ dbt.type_string() }}),
            'same ' || same_in,
            cast(invoiced_amount as {{ dbt.type_string() }}) || ' ' || currency
            || ' charged again on ' || cast(invoice_date as {{ dbt.type_string() }})
        ) as evidence
    from fired

)

select * from final
