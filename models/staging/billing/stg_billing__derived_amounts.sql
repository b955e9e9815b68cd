-- An invoice without an amount of its own asks for the sum of its lines, and has to be judged by
-- it; its lines are accepted only with it. So lines are judged by themselves here, by the rules
-- of `stg_billing__invoice_line_items`, where it matters: the lines of such invoices, and whatever
-- other row has the key of one of them.

with invoices as (

    select * from {{ source('raw_billing', 'invoices') }}

),

lines as (

    select * from {{ source('raw_billing', 'invoice_line_items') }}

),

skus as (

    select * from {{ ref('stg_billing__skus') }}
    where is_accepted

),

unpriced_invoices as (

    select invoice_id
    from invoices
    where amount is null and invoice_id is not null
    group by invoice_id

),

wanted_lines as (

    select line_item_id
    from lines
    where invoice_id in (select unpriced_invoices.invoice_id from unpriced_invoices)
    group by line_item_id

),

source as (

    select * from lines
    where
        line_item_id in (select wanted_lines.line_item_id from wanted_lines)
        or invoice_id in (select unpriced_invoices.invoice_id from unpriced_invoices)

),

named_invoices as (

    select invoice_id
    from invoices
    where invoice_id in (select source.invoice_id from source)
    group by invoice_id

),

resolved as (

    select
        source.*,
        named_invoices.invoice_id is not null as is_of_an_invoice,
        coalesce(source.unit_price, skus.unit_price) as rated_unit_price,
        {{ line_amount('source', 'skus') }} as rated_amount
    from source
    left join named_invoices
        on source.invoice_id = named_invoices.invoice_id
    left join skus
        on source.sku_id = skus.sku_id

),

judged as (

    select
        *,
        {{ rejection_reasons(line_faults()) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_line_items('judged') }}

),

summed as (

    select
        ranked.invoice_id,
        sum(ranked.rated_amount) filter (where ranked.row_reasons is null and ranked.key_rank = 1)
            as amount,
        count(*) filter (where ranked.row_reasons is null and ranked.key_rank = 1) as usable_lines,
        -- a copy is no other line
        count(*) filter (
            where
            ranked.row_reasons is not null
            or (ranked.key_rank > 1 and not ranked.is_copy and not ranked.is_older_version)
        ) as rejected_lines
    from ranked
    inner join unpriced_invoices
        on ranked.invoice_id = unpriced_invoices.invoice_id
    group by ranked.invoice_id

),

final as (

    select
        invoice_id,
        try_cast(amount as decimal(18, 2)) as amount,
        usable_lines,
        rejected_lines
    from summed

)

select * from final
