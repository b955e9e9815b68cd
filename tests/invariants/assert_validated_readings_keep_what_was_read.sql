-- If this fails, a reading was lost, duplicated or overwritten on its way: evidence is flagged,
-- never changed. Days are compared by a hash of all their rows.

{%- set told = ['meter_number', 'read_at', 'kwh', 'voltage', 'quality', 'batch_no'] %}

with read as (

    select
        read_on,
        count(*) as rows_count,
        sum(kwh) as kwh,
        sum({{ fingerprint_of(told) }}) as rows_print
    from {{ ref('int_hourly_readings') }}
    group by read_on

),

validated as (

    select
        read_on,
        count(*) as rows_count,
        sum(kwh) as kwh,
        sum({{ fingerprint_of(told) }}) as rows_print
    from {{ ref('int_validated_readings') }}
    where batch_no is not null
    group by read_on

)

select
    coalesce(read.read_on, validated.read_on) as read_on,
    read.rows_count as rows_read,
    validated.rows_count as rows_kept,
    read.kwh as kwh_read,
    validated.kwh as kwh_kept
from read
full outer join validated
    on read.read_on = validated.read_on
where
    read.rows_count is distinct from validated.rows_count
    or read.rows_print is distinct from validated.rows_print
