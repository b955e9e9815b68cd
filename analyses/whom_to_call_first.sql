-- Whom should credit control call first, and what should they know before they do?

select
    account_id,
    currency,
    priority_rank,
    expected_recoverable_past_due,
    past_due_amount,
    oldest_days_past_due,
    reasons
from {{ ref('fct_collection_priorities') }}
where priority_rank <= 20
order by currency asc, priority_rank asc
