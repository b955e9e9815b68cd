-- Long by its columns, and because a row's whole verdict stands in one model.

with source as (

    select * from {{ source('raw_billing', 'invoices') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

derived_amounts as (

    select * from {{ ref('stg_billing__derived_amounts') }}

),

resolved as (

    select
        source.*,
        coalesce(source.account_id, subscriptions.account_id) as billed_account_id,
        coalesce(
            upper(trim(source.currency)), accounts.currency, {{ default_currency() }}
        ) as billed_currency,
        source.currency is null and accounts.currency is null as is_currency_assumed,
        source.invoice_date > batches.as_of_date as is_dated_after_extract,
        subscriptions.billing_day,
        subscriptions.started_on,
        coalesce(
            source.period_start,
            {{ default_period_start('source.invoice_date', 'subscriptions.billed') }}
        ) as begins_on,
        batches.period_end_is,
        source.subscription_id is not null or (
            source.meter_number is null and coalesce(
                accounts.line_of_business, batches.line_of_business, 'subscription'
            ) = 'subscription'
        ) as is_for_subscription,
        coalesce(source.amount, derived_amounts.amount) as asked_amount,
        derived_amounts.usable_lines,
        derived_amounts.rejected_lines
    from source
    left join subscriptions
        on source.subscription_id = subscriptions.subscription_id
    left join accounts
        on coalesce(source.account_id, subscriptions.account_id) = accounts.account_id
    left join batches
        on source._batch_no = batches.batch_no
    left join derived_amounts
        on source.invoice_id = derived_amounts.invoice_id and source.amount is null

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('invoice_id'),
            'missing_account': 'billed_account_id is null',
            'missing_date': is_missing('invoice_date'),
            'missing_amount': is_missing('amount') ~ ' and usable_lines is null',
            'no_usable_lines': is_missing('amount') ~ ' and usable_lines = 0',
            'negative_amount': 'asked_amount < 0',
            'amount_out_of_range':
                is_beyond('max_amount', ['asked_amount', 'statement_amount'])
                ~ ' or (asked_amount is null and usable_lines > 0)',
            'not_a_currency': 'not ' ~ is_currency('billed_currency')
        }) }} as row_reasons,
        -- what is metered often ends with the reading that begins the next period: only where
        -- subscriptions are billed does an end say by itself that it lies outside
        case
            when period_end_is = 'exclusive' then coalesce(period_end > period_start, true)
            when period_end_is is null and is_for_subscription
                then {{ ends_outside('begins_on', 'period_end', 'billing_day', 'started_on') }}
        end as is_end_outside
    from resolved

),

ranked as (

    {{ rank_within_key(
        'invoice_id',
        [
            'account_id', 'subscription_id', 'meter_number', 'invoice_date', 'due_date',
            'period_start', 'period_end', 'amount', 'statement_amount', 'currency'
        ],
        source('raw_billing', 'invoices')
    ) }}

),

final as (

    select
        -- ids
        invoice_id,
        billed_account_id as account_id,
        subscription_id,
        meter_number,

        -- attributes
        billed_currency as currency,

        -- amounts
        asked_amount as amount,
        statement_amount,

        -- dates
        invoice_date,
        due_date,
        period_start,
        case when is_end_outside then {{ day_add('period_end', -1) }} else period_end end
            as period_end,

        -- flags
        amount is null as is_amount_derived,
        {{ alerts({
            'lines_rejected': 'rejected_lines > 0',
            'currency_assumed': 'is_currency_assumed',
            'dated_after_extract': 'is_dated_after_extract',
            'due_before_issue': 'due_date < invoice_date',
            'period_ends_before_start': 'period_end < period_start',
            'period_end_taken_as_exclusive': 'is_end_outside and period_end_is is null'
        }) }} as alerts,

        {{ verdict('invoice_id') }}
    from ranked

)

select * from final
