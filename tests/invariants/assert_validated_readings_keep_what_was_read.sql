-- If this fails, a reading was lost, doubled or overwritten on its way: evidence is flagged, never
-- changed. Days are compared by sums in which every hour has a weight of its own.

with read as (

    select
        meter_number,
        read_on,
        count(*) as rows_count,
        sum(coalesce(kwh, 0)) as kwh,
        sum(coalesce(kwh, 0) * (extract(hour from read_at) + 1)) as weighted_kwh,
        sum(coalesce(voltage, 0) * (extract(hour from read_at) + 1)) as weighted_voltage,
        count(quality) as remarks
    from {{ ref('stg_metering__readings') }}
    where is_accepted
    group by meter_number, read_on

),

validated as (

    select
        meter_number,
        read_on,
        count(*) as rows_count,
        sum(coalesce(kwh, 0)) as kwh,
        sum(coalesce(kwh, 0) * (hour_of_day + 1)) as weighted_kwh,
        sum(coalesce(voltage, 0) * (hour_of_day + 1)) as weighted_voltage,
        count(quality) as remarks
    from {{ ref('int_validated_readings') }}
    where batch_no is not null
    group by meter_number, read_on

)

select
    coalesce(read.meter_number, validated.meter_number) as meter_number,
    coalesce(read.read_on, validated.read_on) as read_on,
    read.kwh as kwh_read,
    validated.kwh as kwh_kept
from read
full outer join validated
    on read.meter_number = validated.meter_number and read.read_on = validated.read_on
where
    read.rows_count is distinct from validated.rows_count
    or read.kwh is distinct from validated.kwh
    or read.weighted_kwh is distinct from validated.weighted_kwh
    or read.weighted_voltage is distinct from validated.weighted_voltage
    or read.remarks is distinct from validated.remarks
