-- Rules about data that disagrees: no money is lost by it, but some total is wrong until it is
-- looked at.

with final as (

    select rules.*
    from (
        values
        ('header_lines_mismatch', true, true, true),
        ('orphaned_line', true, true, true),
        ('currency_mismatch', true, true, true),
        ('meter_failure', true, false, false),
        -- no faults are injected for these rules
        ('ledger_mismatch', false, true, true),
        ('ledger_extra_check', false, true, true),
        ('ledger_missing_check', false, true, true),
        ('bad_debt_mismatch', false, true, true),
        ('feed_mismatch', false, true, true)
    ) as rules (
        rule,
        is_scored,
        has_exact_signature,
        is_scored_by_period
    )

)

select * from final
