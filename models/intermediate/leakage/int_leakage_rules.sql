-- The rules in the order in which they own money: within a family the earlier rule keeps the
-- amount. A rule is scored by what it can know: whether its signature is exact, whether it can
-- name the period, and whether the amount is a fact or an estimate.

with final as (

    select
        'ghost' as rule,
        'not_billed' as family,
        1 as precedence,
        'under' as direction,
        true as has_exact_signature,
        true as is_scored_by_period,
        true as is_amount_exact
    union all
    select
        'unbilled_usage' as rule,
        'not_billed' as family,
        2 as precedence,
        'under' as direction,
        false as has_exact_signature,
        true as is_scored_by_period,
        false as is_amount_exact
    union all
    select
        'energy_theft' as rule,
        'not_billed' as family,
        3 as precedence,
        'under' as direction,
        false as has_exact_signature,
        false as is_scored_by_period,
        false as is_amount_exact
    union all
    select
        'under_billed' as rule,
        'charged_too_little' as family,
        1 as precedence,
        'under' as direction,
        true as has_exact_signature,
        true as is_scored_by_period,
        true as is_amount_exact
    union all
    select
        'zombie' as rule,
        'not_paid' as family,
        1 as precedence,
        'under' as direction,
        true as has_exact_signature,
        true as is_scored_by_period,
        true as is_amount_exact
    union all
    select
        'leaky_bucket' as rule,
        'not_paid' as family,
        2 as precedence,
        'under' as direction,
        true as has_exact_signature,
        true as is_scored_by_period,
        true as is_amount_exact
    union all
    select
        'duplicate_invoice' as rule,
        'billed_wrongly' as family,
        1 as precedence,
        'over' as direction,
        true as has_exact_signature,
        true as is_scored_by_period,
        true as is_amount_exact
    union all
    select
        'billed_after_cancel' as rule,
        'billed_wrongly' as family,
        2 as precedence,
        'over' as direction,
        true as has_exact_signature,
        true as is_scored_by_period,
        true as is_amount_exact
    union all
    select
        'billed_while_disconnected' as rule,
        'billed_wrongly' as family,
        3 as precedence,
        'over' as direction,
        true as has_exact_signature,
        true as is_scored_by_period,
        true as is_amount_exact
    union all
    select
        'over_billed' as rule,
        'billed_wrongly' as family,
        4 as precedence,
        'over' as direction,
        false as has_exact_signature,
        true as is_scored_by_period,
        false as is_amount_exact
    union all
    select
        'duplicate_payment' as rule,
        'paid_twice' as family,
        1 as precedence,
        'over' as direction,
        true as has_exact_signature,
        true as is_scored_by_period,
        true as is_amount_exact

)

select * from final
