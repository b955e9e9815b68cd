-- Only an invoice that shares its amount with another of its account can be a copy or have one, so
-- only then does it matter what it is for. The texts of lines are built for those few alone, which
-- is why they are built here.

with invoices as (

    select * from {{ ref('int_invoices_enriched') }}
    where invoiced_amount > 0

),

lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

corrections as (

    select * from {{ ref('int_invoice_corrections') }}

),

neighbours as (

    select
        *,
        lag(invoice_date) over by_date as previous_date,
        lead(invoice_date) over by_date as next_date
    from invoices
    window by_date as (
        partition by
            account_id,
            currency,
            invoiced_amount,
            subscription_id,
            case when subscription_id is not null then period_start end
        order by invoice_date, invoice_id
    )

),

alike as (

    select *
    from neighbours
    where
        case
            when subscription_id is not null then coalesce(previous_date, next_date) is not null
            else
                least(
                    {{ days_from('previous_date', 'invoice_date') }},
                    {{ days_from('invoice_date', 'next_date') }}
                ) <= {{ var('duplicate_window_days') }}
        end

),

line_texts as (

    select
        lines.invoice_id,
        concat_ws(
            '|',
            coalesce(lines.sku_id, lines.description, ''),
            lines.charge_type,
            coalesce(cast(lines.quantity as {{ dbt.type_string() }}), ''),
            coalesce(cast(lines.unit_price as {{ dbt.type_string() }}), ''),
            cast(cast(lines.amount as decimal(18, 2)) as {{ dbt.type_string() }})
        ) as line_text
    from lines
    inner join alike
        on lines.invoice_id = alike.invoice_id
    where alike.subscription_id is null

),

baskets as (

    select
        invoice_id,
        md5({{ sorted_list('line_text') }}) as basket
    from line_texts
    group by invoice_id

),

final as (

    select
        alike.invoice_id,
        alike.account_id,
        alike.subscription_id,
        alike.invoice_date,
        alike.due_date,
        {{ days_from('alike.invoice_date', 'alike.due_date') }} as terms_days,
        alike.period_start,
        alike.invoiced_amount,
        alike.currency,
        case
            when alike.subscription_id is not null then 'subscription and period'
            when baskets.basket is not null then 'lines'
            else 'amount, day and period'
        end as same_in,
        concat_ws(
            '|',
            coalesce(alike.subscription_id, baskets.basket, alike.meter_number, ''),
            case
                when coalesce(alike.subscription_id, baskets.basket) is null
                    then cast(alike.invoice_date as {{ dbt.type_string() }})
            end,
            coalesce(cast(alike.period_start as {{ dbt.type_string() }}), ''),
            coalesce(cast(alike.period_end as {{ dbt.type_string() }}), '')
        ) as charged_for,
        corrections.charged_amount,
        corrections.credited_in_full_on
    from alike
    left join baskets
        on alike.invoice_id = baskets.invoice_id
    left join corrections
        on alike.invoice_id = corrections.invoice_id

)

select * from final
