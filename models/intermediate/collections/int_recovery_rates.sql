with invoices as (

    select * from {{ ref('int_invoices') }}

),

entries as (

    select * from {{ ref('int_bucket_entries') }}

),

of_a_line as (

    select
        line_of_business,
        currency,
        ageing_bucket,
        count(*) as entered_count,
        sum(entered_amount) as entered_amount,
        sum(collected_amount) as collected_amount
    from entries
    where entered_on <= {{ day_add(as_of_date(), -var('recovery_observation_days')) }}
    group by line_of_business, currency, ageing_bucket

),

of_all_lines as (

    select
        currency,
        ageing_bucket,
        sum(entered_count) as entered_count,
        sum(entered_amount) as entered_amount,
        sum(collected_amount) as collected_amount
    from of_a_line
    group by currency, ageing_bucket

),

lines_of_business as (

    select
        line_of_business,
        currency
    from invoices
    group by line_of_business, currency

),

-- a line of business with few invoices takes the rate of all lines together, itself included
chosen as (

    select
        lines_of_business.line_of_business,
        of_all_lines.currency,
        of_all_lines.ageing_bucket,
        coalesce(of_a_line.entered_count >= {{ var('recovery_min_invoices') }}, false) as is_own,
        of_a_line.entered_count as own_count,
        of_a_line.entered_amount as own_entered,
        of_a_line.collected_amount as own_collected,
        of_all_lines.entered_count as all_count,
        of_all_lines.entered_amount as all_entered,
        of_all_lines.collected_amount as all_collected
    from lines_of_business
    inner join of_all_lines
        on lines_of_business.currency = of_all_lines.currency
    left join of_a_line
        on
        lines_of_business.line_of_business = of_a_line.line_of_business
        and of_all_lines.currency = of_a_line.currency
        and of_all_lines.ageing_bucket = of_a_line.ageing_bucket

),

final as (

    select
        line_of_business,
        currency,
        ageing_bucket,
        case when is_own then 'line_of_business' else 'all_lines' end as basis,
        cast(case when is_own then own_count else all_count end as integer) as entered_count,
        cast(case when is_own then own_entered else all_entered end as decimal(18, 2))
            as entered_amount,
        cast(case when is_own then own_collected else all_collected end as decimal(18, 2))
            as collected_amount,
        cast(
            cast(case when is_own then own_collected else all_collected end as double)
            / cast(case when is_own then own_entered else all_entered end as double)
            as decimal(9, 6)
        ) as recovery_rate
    from chosen

)

select * from final
