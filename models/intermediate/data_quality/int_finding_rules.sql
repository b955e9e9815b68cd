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

)

select * from final
