-- What each rule claims by itself, independently of the others. A view: it only unions
-- tables.
{{ config(materialized='view') }}

with ghost_cases as (

    select * from {{ ref('int_ghost_cases') }}

),

unbilled_usage_cases as (

    select * from {{ ref('int_unbilled_usage_cases') }}

),

energy_theft_cases as (

    select * from {{ ref('int_energy_theft_cases') }}

),

under_billed_cases as (

    select * from {{ ref('int_under_billed_cases') }}

),

zombie_cases as (

    select * from {{ ref('int_zombie_cases') }}

),

leaky_bucket_cases as (

    select * from {{ ref('int_leaky_bucket_cases') }}

),

duplicate_invoice_cases as (

    select * from {{ ref('int_duplicate_invoice_cases') }}

),

billed_after_cancel_cases as (

    select * from {{ ref('int_billed_after_cancel_cases') }}

),

billed_while_disconnected_cases as (

    select * from {{ ref('int_billed_while_disconnected_cases') }}

),

over_billed_cases as (

    select * from {{ ref('int_over_billed_cases') }}

),

duplicate_payment_cases as (

    select * from {{ ref('int_duplicate_payment_cases') }}

),

final as (

    select * from ghost_cases
    union all
    select * from unbilled_usage_cases
    union all
    select * from energy_theft_cases
    union all
    select * from under_billed_cases
    union all
    select * from zombie_cases
    union all
    select * from leaky_bucket_cases
    union all
    select * from duplicate_invoice_cases
    union all
    select * from billed_after_cancel_cases
    union all
    select * from billed_while_disconnected_cases
    union all
    select * from over_billed_cases
    union all
    select * from duplicate_payment_cases

)

select * from final
