{#- The body of a CTE: invoice lines out of `judged`, ranked within their key. Lines are judged in two models, which have to
    agree on which one stays; `counted_in` is the relation in which keys are counted. -#}
{%- macro rank_line_items(counted_in) -%}
    {{ rank_within_key(
        'line_item_id',
        [
            'invoice_id', 'subscription_id', 'charge_type', 'sku_id', 'description', 'quantity',
            'unit_price', 'amount'
        ],
        counted_in
    ) }}
{%- endmacro -%}
