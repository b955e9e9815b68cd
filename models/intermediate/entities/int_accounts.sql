with accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

mentioned as (

    select * from {{ ref('int_account_mentions') }}

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

known as (

    select
        accounts.account_id,
        coalesce(accounts.customer_id, accounts.account_id) as customer_id,
        coalesce(
            accounts.line_of_business, batches.line_of_business, mentioned.line_of_business,
            'trade_credit'
        ) as line_of_business,
        coalesce(accounts.status, 'Active') as status,
        accounts.cash_application,
        accounts.payment_terms_days,
        accounts.credit_limit,
        coalesce(accounts.currency, mentioned.currency, {{ default_currency() }})
            as currency,
        coalesce(accounts.opened_on, mentioned.first_seen_on) as opened_on,
        least(accounts.opened_on, mentioned.first_seen_on) as first_seen_on,
        accounts.closed_on,
        accounts.updated_at,
        false as is_stub,
        accounts.batch_no
    from accounts
    left join batches
        on accounts.batch_no = batches.batch_no
    left join mentioned
        on accounts.account_id = mentioned.account_id

),

stubs as (

    select
        mentioned.account_id,
        mentioned.account_id as customer_id,
        mentioned.line_of_business,
        'Active' as status,
        null as cash_application,
        null as payment_terms_days,
        null as credit_limit,
        coalesce(mentioned.currency, {{ default_currency() }}) as currency,
        mentioned.first_seen_on as opened_on,
        mentioned.first_seen_on,
        null as closed_on,
        null as updated_at,
        true as is_stub,
        mentioned.batch_no
    from mentioned
    left join accounts
        on mentioned.account_id = accounts.account_id
    where accounts.account_id is null

),

unioned as (

    select * from known
    union all
    select * from stubs

),

final as (

    select
        account_id,
        customer_id,
        line_of_business,
        status,
        coalesce(
            cash_application,
            case when line_of_business = 'utility' then 'balance_forward' else 'open_item' end
        ) as cash_application,
        payment_terms_days,
        credit_limit,
        currency,
        opened_on,
        first_seen_on,
        closed_on,
        updated_at,
        is_stub,
        batch_no
    from unioned

)

select * from final
