-- If this fails, bills and payments alone do not give the score and status that the simulated
-- billing system wrote into its own ledger: one of the two has the rules wrong.

select
    checks.account_id,
    checks.check_date,
    checks.agrees_with_ledger
from {{ ref('fct_delinquency_checks') }} as checks
inner join {{ ref('int_as_of_date') }} as as_of
    on as_of.is_simulated
where checks.agrees_with_ledger is distinct from true

union all

select
    findings.account_id,
    findings.found_on as check_date,
    false as agrees_with_ledger
from {{ ref('fct_findings') }} as findings
inner join {{ ref('int_as_of_date') }} as as_of
    on as_of.is_simulated
where
    findings.rule in
    ('ledger_mismatch', 'ledger_extra_check', 'ledger_missing_check', 'bad_debt_mismatch')
