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

)

select * from final
