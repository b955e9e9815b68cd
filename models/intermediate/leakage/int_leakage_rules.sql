-- The rules in the order in which they own money: within a family the earlier rule keeps the
-- amount. A rule is scored by what it can know: whether its signature is exact, whether it can
-- name the period, and whether the amount is a fact or an estimate.

with final as (

    select rules.*
    from (
        values
        ('ghost', 'not_billed', 1, 'under', true, true, true),
        ('unbilled_usage', 'not_billed', 2, 'under', false, true, false),
        ('energy_theft', 'not_billed', 3, 'under', false, false, false),
        ('under_billed', 'charged_too_little', 1, 'under', true, true, true),
        ('zombie', 'not_paid', 1, 'under', true, true, true),
        ('leaky_bucket', 'not_paid', 2, 'under', true, true, true),
        ('duplicate_invoice', 'billed_wrongly', 1, 'over', true, true, true),
        ('billed_after_cancel', 'billed_wrongly', 2, 'over', true, true, true),
        ('billed_while_disconnected', 'billed_wrongly', 3, 'over', true, true, true),
        ('over_billed', 'billed_wrongly', 4, 'over', false, true, false),
        ('duplicate_payment', 'paid_twice', 1, 'over', true, true, true)
    ) as rules (
        rule,
        family,
        precedence,
        direction,
        has_exact_signature,
        is_scored_by_period,
        is_amount_exact
    )

)

select * from final
