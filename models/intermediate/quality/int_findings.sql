-- A view: it only unions tables.
{{ config(materialized='view') }}

with header_lines_mismatches as (

    select * from {{ ref('int_header_lines_mismatch_findings') }}

),

orphaned_lines as (

    select * from {{ ref('int_orphaned_line_findings') }}

),

currency_mismatches as (

    select * from {{ ref('int_currency_mismatch_findings') }}

),

ledger_mismatches as (

    select * from {{ ref('int_ledger_mismatch_findings') }}

),

ledger_extra_checks as (

    select * from {{ ref('int_ledger_extra_check_findings') }}

),

ledger_missing_checks as (

    select * from {{ ref('int_ledger_missing_check_findings') }}

),

bad_debt_mismatches as (

    select * from {{ ref('int_bad_debt_mismatch_findings') }}

),

feed_mismatches as (

    select * from {{ ref('int_feed_mismatch_findings') }}

),

meter_failures as (

    select * from {{ ref('int_meter_failure_findings') }}

),

final as (

    select * from header_lines_mismatches
    union all
    select * from orphaned_lines
    union all
    select * from currency_mismatches
    union all
    select * from ledger_mismatches
    union all
    select * from ledger_extra_checks
    union all
    select * from ledger_missing_checks
    union all
    select * from bad_debt_mismatches
    union all
    select * from feed_mismatches
    union all
    select * from meter_failures

)

select * from final
