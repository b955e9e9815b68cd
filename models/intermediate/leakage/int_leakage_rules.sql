-- The rules in the order in which they own money: inside a family the earlier rule keeps the
-- amount.

with final as (

    select
        'ghost' as rule,
        'not_billed' as family,
        1 as precedence,
        'under' as direction
    union all
    select
        'zombie' as rule,
        'not_paid' as family,
        1 as precedence,
        'under' as direction
    union all
    select
        'leaky_bucket' as rule,
        'not_paid' as family,
        2 as precedence,
        'under' as direction
    union all
    select
        'duplicate_invoice' as rule,
        'billed_wrongly' as family,
        1 as precedence,
        'over' as direction
    union all
    select
        'billed_after_cancel' as rule,
        'billed_wrongly' as family,
        2 as precedence,
        'over' as direction
    union all
    select
        'billed_while_disconnected' as rule,
        'billed_wrongly' as family,
        3 as precedence,
        'over' as direction
    union all
    select
        'duplicate_payment' as rule,
        'paid_twice' as family,
        1 as precedence,
        'over' as direction

)

select * from final
