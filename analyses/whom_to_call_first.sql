-- Whom should credit control call first, and what should they know before they do?

select
    currency,
    priority_rank,
    account_id,
    expected_recoverable_past_due,
    past_due_amount,
    reasons
from {{ ref('fct_collection_priorities') }}
where priority_rank <= 20
order by currency asc, priority_rank asc
