with source as (

    select * from {{ source('raw_payments', 'disputes') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

resolved as (

    select
        source.*,
        invoices.invoice_id is not null as has_invoice,
        coalesce(source.opened_on, invoices.invoice_date) as disputed_on
    from source
    left join invoices
        on source.invoice_id = invoices.invoice_id

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('dispute_id'),
            'missing_invoice': is_missing('invoice_id'),
            'unknown_invoice': 'invoice_id is not null and not has_invoice',
            'negative_amount': 'amount < 0',
            'amount_out_of_range': is_beyond('max_amount', ['amount'])
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'dispute_id',
        [
            'invoice_id', 'opened_on', 'resolved_on', 'amount'
        ],
        source('raw_payments', 'disputes')
    ) }}

),

final as (

    select
        -- ids
        dispute_id,
        invoice_id,

        -- amounts
        amount as disputed_amount,

        -- dates
        disputed_on as opened_on,
        resolved_on,

        {{ verdict('dispute_id') }}
    from ranked

)

select * from final
