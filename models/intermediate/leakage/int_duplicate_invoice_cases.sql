with invoices as (

    select * from {{ ref('int_repeated_invoices') }}

),

in_force as (

    select
        *,
        coalesce(credited_in_full_on, {{ end_of_time() }}) as in_force_to
    from invoices

),

-- An earlier equal invoice counts while it is in force: one credited before it was billed again was
-- corrected, not repeated; one credited later leaves a single invoice. On one day, the smaller id
-- is the earlier. Instalments of one day differ in their due dates; a copy of another day is due on
-- the same date as its original, or after the same number of days.
compared as (

    select
        *,
        coalesce(lag(invoice_id) over by_terms, lag(invoice_id) over by_due_date)
            as earlier_invoice_id,
        coalesce(lag(invoice_date) over by_terms, lag(invoice_date) over by_due_date)
            as earlier_invoice_date,
        case
            when subscription_id is not null
                then max(in_force_to) over (
                    partition by account_id, currency, invoiced_amount, same_in, charged_for
                    order by invoice_date
                    range between unbounded preceding and interval '1' day preceding
                )
            else greatest(
                coalesce(max(in_force_to) over recent_with_its_terms, invoice_date),
                coalesce(max(in_force_to) over recent_with_its_due_date, invoice_date)
            )
        end as earlier_in_force_to,
        max(in_force_to) over (
            partition by
                account_id, currency, invoiced_amount, same_in, charged_for, invoice_date, due_date
            order by invoice_id
            rows between unbounded preceding and 1 preceding
        ) as same_day_in_force_to
    from in_force
    window
        by_terms as (
            partition by
                account_id,
                currency,
                invoiced_amount,
                same_in,
                charged_for,
                case when subscription_id is null then terms_days end
            order by invoice_date, invoice_id
        ),
        by_due_date as (
            partition by account_id, currency, invoiced_amount, same_in, charged_for, due_date
            order by invoice_date, invoice_id
        ),
        recent_with_its_terms as (
            partition by
                account_id, currency, invoiced_amount, same_in, charged_for, terms_days
            order by invoice_date
            range between
            interval '{{ var("duplicate_window_days") }}' day preceding
            and interval '1' day preceding
        ),
        recent_with_its_due_date as (
            partition by account_id, currency, invoiced_amount, same_in, charged_for, due_date
            order by invoice_date
            range between
            interval '{{ var("duplicate_window_days") }}' day preceding
            and interval '1' day preceding
        )

),

fired as (

    select
        *,
        least(
            in_force_to,
            greatest(
                coalesce(earlier_in_force_to, invoice_date),
                coalesce(same_day_in_force_to, invoice_date)
            )
        ) as repeats_to
    from compared

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
        case when repeats_to < {{ end_of_time() }} then repeats_to end as resolved_on,
        -- the copy itself was credited, or the invoice that it repeats
        case
            when repeats_to = {{ end_of_time() }} then null
            when repeats_to = in_force_to then 'credited'
            else 'corrected'
        end as end_cause,
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
    where repeats_to > invoice_date

)

select * from final
