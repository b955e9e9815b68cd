{#- The staging models that accept or reject rows: model, raw table, key (a column or
    an expression), whether it raises alerts. -#}
{%- macro judged_sources() -%}
    {{ return([
        ['stg_crm__customers', 'raw_crm', 'customers', 'customer_id', false],
        ['stg_crm__accounts', 'raw_crm', 'accounts', 'account_id', true],
        ['stg_billing__plans', 'raw_billing', 'plans', 'plan_id', false],
        ['stg_billing__skus', 'raw_billing', 'skus', 'sku_id', false],
        ['stg_billing__price_books', 'raw_billing', 'price_books', 'list_price_key', true],
        ['stg_billing__contracts', 'raw_billing', 'contracts', 'contract_id', true],
        ['stg_billing__subscriptions', 'raw_billing', 'subscriptions', 'subscription_id', true],
        ['stg_billing__invoices', 'raw_billing', 'invoices', 'invoice_id', true],
        ['stg_billing__invoice_line_items', 'raw_billing', 'invoice_line_items', 'line_item_id', true],
        ['stg_billing__credit_notes', 'raw_billing', 'credit_notes', 'credit_note_id', true],
        ['stg_billing__write_offs', 'raw_billing', 'write_offs', 'write_off_id', false],
        ['stg_billing__tariffs', 'raw_billing', 'tariffs', 'tariff_row_key', true],
        ['stg_metering__meters', 'raw_metering', 'meters', 'meter_id', true],
        ['stg_metering__readings', 'raw_metering', 'readings', reading_key(), true],
        ['stg_metering__outages', 'raw_metering', 'outages', 'outage_id', true],
        ['stg_metering__meter_events', 'raw_metering', 'meter_events', 'event_id', true],
        ['stg_metering__usages', 'raw_metering', 'usages', 'usage_id', true],
        ['stg_billing__delinquency_policies', 'raw_billing', 'delinquency_policies', 'policy_id', true],
        ['stg_billing__balance_snapshots', 'raw_billing', 'balance_snapshots', 'check_key', true],
        ['stg_billing__bad_debts', 'raw_billing', 'bad_debts', 'account_id', true],
        ['stg_payments__payments', 'raw_payments', 'payments', 'payment_id', true],
        ['stg_payments__payment_allocations', 'raw_payments', 'payment_allocations', 'allocation_id', true],
        ['stg_payments__refunds', 'raw_payments', 'refunds', 'refund_id', false],
        ['stg_payments__disputes', 'raw_payments', 'disputes', 'dispute_id', false],
        ['stg_service__service_requests', 'raw_service', 'service_requests', 'request_id', false],
        ['stg_regulatory__audit_events', 'raw_regulatory', 'audit_events', 'audit_event_id', true],
        ['stg_cdc__change_events', 'raw_cdc', 'change_events', 'event_id', true],
    ]) }}
{%- endmacro -%}
