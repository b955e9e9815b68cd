-- Extracts often name articles and plans without a table of them. Those known only from other rows
-- become stubs, as accounts do, so that every row of a mart finds its article and plan.

with lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

price_books as (

    select * from {{ ref('stg_billing__price_books') }}
    where is_accepted

),

contracts as (

    select * from {{ ref('stg_billing__contracts') }}
    where is_accepted

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

changes as (

    select * from {{ ref('stg_cdc__change_events') }}
    where is_accepted

),

skus as (

    select * from {{ ref('stg_billing__skus') }}
    where is_accepted

),

plans as (

    select * from {{ ref('stg_billing__plans') }}
    where is_accepted

),

mentions as (

    {% for relation in ['lines', 'price_books', 'contracts'] -%}
        select
            'sku' as kind,
            sku_id as item_id,
            min(batch_no) as batch_no
        from {{ relation }}
        where sku_id is not null
        group by sku_id
        union all
    {% endfor -%}
    {% for relation in ['price_books', 'contracts', 'subscriptions'] -%}
        select
            'plan' as kind,
            plan_id as item_id,
            min(batch_no) as batch_no
        from {{ relation }}
        where plan_id is not null
        group by plan_id
        union all
    {% endfor -%}
    {% for image in ['before', 'after'] -%}
        select
            'plan' as kind,
            {{ json_text(image, 'plan_id') }} as item_id,
            min(batch_no) as batch_no
        from changes
        where
            source_table = 'raw_billing.subscriptions'
            and {{ json_text(image, 'plan_id') }} is not null
        group by {{ json_text(image, 'plan_id') }}
        {%- if not loop.last %}
            union all
        {% endif -%}
    {% endfor %}

),

known as (

    select
        'sku' as kind,
        sku_id as item_id
    from skus
    union all
    select
        'plan' as kind,
        plan_id as item_id
    from plans

),

final as (

    select
        mentions.kind,
        mentions.item_id,
        min(mentions.batch_no) as batch_no
    from mentions
    left join known
        on mentions.kind = known.kind and mentions.item_id = known.item_id
    where known.item_id is null
    group by mentions.kind, mentions.item_id

)

select * from final
