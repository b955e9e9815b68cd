-- How much leaks, under which rule, and how long has it been open? Amounts charged or paid too much
-- are listed next to it, with a direction of their own: the two are never added up.

select
    cases.direction,
    cases.rule,
    cases.currency,
    count(*) as open_cases,
    sum(cases.amount) as amount_at_risk,
    min(cases.first_seen_on) as oldest_first_seen_on,
    count(distinct cases.account_id) as accounts
from {{ ref('fct_leakage_cases') }} as cases
where cases.status = 'open'
group by cases.direction, cases.rule, cases.currency
order by cases.direction desc, cases.currency asc, amount_at_risk desc
