{#- What is wrong with a line by itself, for `rejection_reasons`. The columns it looks at are those of the raw line,
    `rated_unit_price` and `rated_amount`, and `is_of_an_invoice`: whether any row has the invoice's number. -#}
{%- macro line_faults() -%}
    {{ return({
        'missing_key': is_missing('line_item_id'),
        'missing_invoice': is_missing('invoice_id'),
        'unknown_invoice': 'invoice_id is not null and not is_of_an_invoice',
        'missing_amount':
            'rated_amount is null and (quantity is null or rated_unit_price is null) and '
            ~ is_missing('amount'),
        'amount_out_of_range':
            is_beyond('max_amount', ['amount', 'unit_price', 'rated_amount'])
            ~ ' or ' ~ is_beyond('max_quantity', ['quantity'])
            ~ ' or (rated_amount is null and quantity is not null and rated_unit_price is not null)',
        'unknown_charge_type':
            "lower(trim(charge_type)) not in ('item', 'subscription', 'energy', 'fixed', 'tax',"
            ~ " 'duty', 'fee', 'surcharge', 'discount')"
    }) }}
{%- endmacro -%}
