-- Rules about data that disagrees: no money is lost by it, but some total is wrong until it is
-- looked at.

with final as (

    select
        'header_lines_mismatch' as rule,
        true as is_scored,
        true as has_exact_signature,
        true as is_scored_by_period
    union all
    select
        'orphaned_line' as rule,
        true as is_scored,
        true as has_exact_signature,
        true as is_scored_by_period
    union all
    select
        'currency_mismatch' as rule,
        true as is_scored,
        true as has_exact_signature,
        true as is_scored_by_period
    union all
    select
        'meter_failure' as rule,
        true as is_scored,
        false as has_exact_signature,
        false as is_scored_by_period
    union all
    -- no faults are injected for these rules
    select
        'ledger_mismatch' as rule,
        false as is_scored,
        true as has_exact_signature,
        true as is_scored_by_period
    union all
    select
        'ledger_extra_check' as rule,
        false as is_scored,
        true as has_exact_signature,
        true as is_scored_by_period
    union all
    select
        'ledger_missing_check' as rule,
        false as is_scored,
        true as has_exact_signature,
        true as is_scored_by_period
    union all
    select
        'bad_debt_mismatch' as rule,
        false as is_scored,
        true as has_exact_signature,
        true as is_scored_by_period
    union all
    select
        'feed_mismatch' as rule,
        false as is_scored,
        true as has_exact_signature,
        true as is_scored_by_period

)

select * from final
