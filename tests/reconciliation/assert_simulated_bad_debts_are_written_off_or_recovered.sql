-- If this fails, money of a closed account was neither written off nor received since, or counts as
-- both: the balance at closing was changed outside the checks.

select
    bad_debts.account_id,
    bad_debts.closing_balance,
    bad_debts.written_off_amount,
    bad_debts.recovered_amount
from {{ ref('fct_bad_debts') }} as bad_debts
inner join {{ ref('int_as_of_date') }} as as_of
    on as_of.is_simulated
where bad_debts.closing_balance != bad_debts.written_off_amount + bad_debts.recovered_amount
