with source as (

    select * from {{ source('raw_crm', 'accounts') }}

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('account_id'),
            'unknown_line_of_business':
                "lower(trim(line_of_business)) not in ('subscription', 'utility', 'trade_credit')",
            'unknown_cash_application':
                "lower(trim(cash_application)) not in ('open_item', 'balance_forward')",
            'negative_terms': 'payment_terms_days < 0',
            'not_a_currency': 'not ' ~ is_currency('currency')
        }) }} as row_reasons
    from source

),

ranked as (

    select
        *,
        {{ rank_within_key('account_id', [
            'updated_at desc nulls last', 'opened_on nulls last', 'closed_on nulls last',
            'status nulls last', 'customer_id nulls last', 'line_of_business nulls last',
            'payment_terms_days nulls last', 'cash_application nulls last', 'currency nulls last',
            'credit_limit nulls last'
        ]) }} as key_rank
    from judged

),

final as (

    select
        -- ids
        account_id,
        customer_id,

        -- attributes
        lower(trim(line_of_business)) as line_of_business,
        {{ status_of('status') }} as status,
        lower(trim(cash_application)) as cash_application,
        payment_terms_days,
        upper(trim(currency)) as currency,

        -- amounts
        credit_limit,

        -- dates
        opened_on,
        closed_on,
        updated_at,

        -- flags
        {{ alerts({
            'no_customer': 'customer_id is null',
            'closed_before_opened': 'closed_on < opened_on'
        }, [unknown_status('status')]) }} as alerts,

        {{ verdict('account_id') }}
    from ranked

)

select * from final
