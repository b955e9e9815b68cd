with source as (

    select * from {{ source('raw_crm', 'accounts') }}

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

fed as (

    select entity_key from {{ ref('stg_cdc__change_events') }}
    where is_accepted and op is not null and source_table = 'raw_crm.accounts'
    group by entity_key

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
            'terms_out_of_range': 'payment_terms_days > ' ~ var('max_payment_terms_days'),
            'not_a_currency': 'not ' ~ is_currency('currency')
        }) }} as row_reasons
    from source

),

ranked as (

    {{ rank_within_key(
        'account_id',
        [
            'customer_id', 'line_of_business', 'status', 'opened_on', 'closed_on',
            'payment_terms_days', 'cash_application', 'credit_limit', 'currency'
        ],
        source('raw_crm', 'accounts'), version='updated_at'
    ) }}

),

-- a status that neither the change feed nor a date explains
dated as (

    select
        ranked.*,
        ranked.closed_on is null
        and fed.entity_key is null
        and not coalesce(batches.has_status_throughout, false) as is_status_undated
    from ranked
    left join fed
        on ranked.account_id = fed.entity_key
    left join batches
        on ranked._batch_no = batches.batch_no

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
            'closed_before_opened': 'closed_on < opened_on',
            'undated_status': 'is_status_undated and ' ~ status_of('status') ~ " != 'Active'"
        }, [unknown_status('status')]) }} as alerts,

        {{ verdict('account_id') }}
    from dated

)

select * from final
