with source as (

    select * from {{ source('raw_billing', 'balance_snapshots') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

-- an account that only an invoice names becomes a stub
invoiced_accounts as (

    select account_id from invoices
    group by account_id

),

-- a check has no key of its own: the account and the day are it
resolved as (

    select
        source.*,
        source.account_id || '|' || cast(source.check_date as {{ dbt.type_string() }})
            as check_key,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        source.check_date > batches.as_of_date as is_dated_after_extract
    from source
    left join accounts
        on source.account_id = accounts.account_id
    left join invoiced_accounts
        on source.account_id = invoiced_accounts.account_id
    left join batches
        on source._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_account': is_missing('account_id'),
            'missing_date': is_missing('check_date'),
            'unknown_account': 'account_id is not null and not has_account',
            'amount_out_of_range':
                is_beyond('max_amount', ['total_due', 'unpaid_balance', 'previous_unpaid_balance']),
            'score_out_of_range':
                is_beyond('max_rate', ['unpaid_ratio', 'previous_score', 'penalty', 'score'])
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'account_id, check_date',
        [
            'invoice_id', 'total_due', 'due_date', 'unpaid_balance', 'unpaid_ratio',
            'previous_unpaid_balance', 'previous_score', 'delinquency_type', 'penalty', 'score',
            'status', 'action'
        ],
        source('raw_billing', 'balance_snapshots')
    ) }}

),

final as (

    select
        -- ids
        check_key,
        account_id,
        invoice_id,

        -- attributes
        case
            when {{ plain_word('status') }} = 'delinquent' then 'Delinquent'
            else {{ status_of('status', unknown='null') }}
        end as status,
        lower(trim(action)) as check_action,
        lower(trim(delinquency_type)) as delinquency_type,
        unpaid_ratio,
        previous_score,
        penalty,
        score,

        -- amounts
        total_due,
        unpaid_balance,
        previous_unpaid_balance,

        -- dates
        check_date,
        due_date,

        -- flags
        {{ alerts({
            'dated_after_extract': 'is_dated_after_extract'
        }, [unknown_status('status')]) }} as alerts,

        {{ verdict('check_key') }}
    from ranked

)

select * from final
