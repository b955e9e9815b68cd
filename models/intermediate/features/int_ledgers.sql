with invoices as (

    select * from {{ ref('int_invoices') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

delivered as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

billed as (

    select
        account_id,
        currency,
        min(invoice_date) as first_invoiced_on
    from invoices
    group by account_id, currency

),

-- the number replaces account and currency in every later sort: four bytes instead of thirty
numbered as (

    select
        account_id,
        currency,
        first_invoiced_on,
        min(first_invoiced_on) over (partition by account_id) as account_first_invoiced_on,
        cast(row_number() over (order by account_id, currency) as integer) as ledger_no
    from billed

),

final as (

    select
        numbered.ledger_no,
        numbered.account_id,
        numbered.currency,
        accounts.customer_id,
        accounts.line_of_business,
        coalesce(delivered.opened_on, numbered.account_first_invoiced_on) as opened_on,
        numbered.first_invoiced_on
    from numbered
    inner join accounts
        on numbered.account_id = accounts.account_id
    left join delivered
        on numbered.account_id = delivered.account_id

)

select * from final
