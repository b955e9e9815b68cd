with header_lines_mismatches as (

    select * from {{ ref('int_header_lines_mismatch_findings') }}

),

orphaned_lines as (

    select * from {{ ref('int_orphaned_line_findings') }}

),

currency_mismatches as (

    select * from {{ ref('int_currency_mismatch_findings') }}

),

final as (

    select * from header_lines_mismatches
    union all
    select * from orphaned_lines
    union all
    select * from currency_mismatches

)

select * from final
