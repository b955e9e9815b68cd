-- Rules about data that disagrees: no money is lost by it, but some total is wrong until it is
-- looked at.

with final as (

    select
        'header_lines_mismatch' as rule,
        true as is_scored
    union all
    select
        'orphaned_line' as rule,
        true as is_scored
    union all
    select
        'currency_mismatch' as rule,
        true as is_scored
    union all
    -- no fault of these is planted
    select
        'ledger_mismatch' as rule,
        false as is_scored
    union all
    select
        'ledger_extra_check' as rule,
        false as is_scored
    union all
    select
        'ledger_missing_check' as rule,
        false as is_scored
    union all
    select
        'bad_debt_mismatch' as rule,
        false as is_scored

)

select * from final
