with invoices as (

    select * from {{ ref('int_invoice_settlement') }}

),

spells as (

    select * from {{ ref('int_invoice_balance_spells') }}

),

buckets as (

    select
        'not_due' as ageing_bucket,
        cast(null as integer) as days_past_due
    union all
    select
        '1_30' as ageing_bucket,
        1 as days_past_due
    union all
    select
        '31_60' as ageing_bucket,
        31 as days_past_due
    union all
    select
        '61_90' as ageing_bucket,
        61 as days_past_due
    union all
    select
        '91_120' as ageing_bucket,
        91 as days_past_due
    union all
    select
        'over_120' as ageing_bucket,
        121 as days_past_due

),

open_spells as (

    select
        spells.invoice_id,
        invoices.line_of_business,
        invoices.currency,
        invoices.invoice_date,
        invoices.due_date,
        invoices.paid_amount as paid_to_date,
        spells.valid_from,
        spells.valid_to,
        spells.paid_amount as paid_before,
        spells.outstanding_amount
    from spells
    inner join invoices
        on spells.invoice_id = invoices.invoice_id
    where spells.outstanding_amount > 0

),

-- an invoice starts as not due on issue; one issued after its due date was never not due
candidates as (

    select
        open_spells.invoice_id,
        open_spells.line_of_business,
        open_spells.currency,
        buckets.ageing_bucket,
        open_spells.outstanding_amount as entered_amount,
        {{ clamp('open_spells.paid_to_date - open_spells.paid_before', '0',
                 'open_spells.outstanding_amount') }} as collected_amount,
        open_spells.valid_from,
        open_spells.valid_to,
        case
            when buckets.days_past_due is not null
                then {{ day_add('open_spells.due_date', 'buckets.days_past_due') }}
            when open_spells.invoice_date <= open_spells.due_date then open_spells.invoice_date
        end as entered_on
    from open_spells
    cross join buckets

),

final as (

    select
        invoice_id,
        ageing_bucket,
        line_of_business,
        currency,
        entered_on,
        entered_amount,
        cast(collected_amount as decimal(18, 2)) as collected_amount
    from candidates
    where
        entered_on >= valid_from
        and entered_on < valid_to
        and entered_on <= {{ as_of_date() }}

)

select * from final
