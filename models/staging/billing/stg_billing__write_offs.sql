with source as (

    select * from {{ source('raw_billing', 'write_offs') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

resolved as (

    select
        source.*,
        invoices.invoice_id is not null as has_invoice,
        coalesce(source.account_id, invoices.account_id) as written_off_account_id
    from source
    left join invoices
        on source.invoice_id = invoices.invoice_id

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('write_off_id'),
            'missing_date': is_missing('written_off_on'),
            'unknown_invoice': 'invoice_id is not null and not has_invoice',
            'missing_account': 'written_off_account_id is null'
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'write_off_id',
        [
            'invoice_id', 'account_id', 'written_off_on', 'reason'
        ],
        source('raw_billing', 'write_offs')
    ) }}

),

final as (

    select
        -- ids
        write_off_id,
        invoice_id,
        written_off_account_id as account_id,

        -- attributes
        reason,

        -- dates
        written_off_on,

        {{ verdict('write_off_id') }}
    from ranked

)

select * from final
