-- If this fails, on some day an invoice held more credit and cash than it was issued for, or a
-- negative amount: its open balance, and every figure built on it, is wrong from that day on.

select
    invoice_id,
    valid_from,
    credited_amount,
    paid_amount,
    unsettled_amount
from {{ ref('int_invoice_balance_spells') }}
where least(credited_amount, paid_amount, unsettled_amount) < 0
