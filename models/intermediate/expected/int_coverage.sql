with batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

lines_of_business as (

    select line_of_business from invoices
    group by line_of_business
    union
    select line_of_business from batches
    where line_of_business is not null

),

stated as (

    select
        lines_of_business.line_of_business,
        min(batches.covers_from) as covers_from,
        max(batches.covers_to) as covers_to
    from lines_of_business
    inner join batches
        on
        lines_of_business.line_of_business
        = coalesce(batches.line_of_business, lines_of_business.line_of_business)
    group by lines_of_business.line_of_business

),

first_invoiced as (

    select
        line_of_business,
        min(cast(date_trunc('month', coalesce(period_start, invoice_date)) as date))
            as first_period,
        min(coalesce(period_start, invoice_date)) as first_billed_day
    from invoices
    group by line_of_business

),

final as (

    select
        stated.line_of_business,
        coalesce(stated.covers_from, first_invoiced.first_period) as covers_from,
        coalesce(stated.covers_from, first_invoiced.first_billed_day) as covers_days_from,
        stated.covers_to
    from stated
    left join first_invoiced
        on stated.line_of_business = first_invoiced.line_of_business

)

select * from final
