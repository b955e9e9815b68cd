-- An invoice for several months says how a subscription is billed. Where the extracts begin in the
-- middle of such an interval, what covers the rest of it was issued before: unknown, not missing.

with expected as (

    select * from {{ ref('int_expected_subscription_months') }}

),

invoice_periods as (

    select * from {{ ref('int_invoice_periods') }}
    where subscription_id is not null

),

-- of several that begin on one day the longest
first_periods as (

    select
        subscription_id,
        min(period_start) as first_start,
        min_by(
            {{ month_number(day_add('period_end', 1)) }} - {{ month_number('period_start') }},
            cast({{ day_number('period_start') }} as bigint) * 100000
            - {{ day_number('period_end') }}
        ) as month_count
    from invoice_periods
    group by subscription_id

),

-- whole months between the beginning of the extracts and the first period seen
offset_months as (

    select
        expected.*,
        first_periods.first_start,
        first_periods.month_count,
        {{ month_number('first_periods.first_start') }} - {{ month_number('expected.covers_from') }}
        - case
            when
                extract(day from expected.covers_from)
                > extract(day from first_periods.first_start)
                then 1
            else 0
        end as months_before
    from expected
    left join first_periods
        on
        expected.subscription_id = first_periods.subscription_id
        and first_periods.month_count > 1
        and expected.started_before_extracts

),

known as (

    select *
    from offset_months
    where
        month_count is null
        or months_before < 0
        or covered_on >= cast({{ dbt.dateadd(
            'month', '- (months_before - months_before % month_count)', 'first_start'
        ) }} as date)

),

covered as (

    {{ covered_by_first_invoice('known', 'invoice_periods', 'subscription_id', 'covered_on') }}

),

final as (

    select
        subscription_id,
        account_id,
        plan_id,
        period_start,
        billing_date,
        billed,
        expected_amount,
        currency,
        invoice_id,
        invoice_date,
        {{ day_add('billing_date', var('invoicing_lag_days') + 1) }} as ghost_from,
        {{ as_of_date() }} as as_of_date
    from covered
    where invoice_rank = 1

)

select * from final
