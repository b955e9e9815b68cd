-- Customers served are counted once a month, on its last day or on the as-of date: by their meters
-- that are installed, not removed and not cut off. Months begin with the first outage known.

with meters as (

    select * from {{ ref('int_meters') }}
    where not is_feeder_meter and feeder is not null

),

versions as (

    select * from {{ ref('int_meter_versions') }}
    where status in ('Active', 'Trial')

),

first_outage as (

    select min(cast(started_at as date)) as first_outage_on
    from {{ ref('stg_metering__outages') }}
    where is_accepted

),

months as (

    select * from {{ ref('int_months') }}
    where month_start <= {{ as_of_date() }}

),

counted_months as (

    select
        months.month_start,
        least(months.month_end, {{ as_of_date() }}) as counted_on
    from months
    inner join first_outage
        on months.month_end >= first_outage.first_outage_on

),

final as (

    select
        coalesce(meters.district, 'unknown') as district,
        meters.feeder,
        counted_months.month_start,
        counted_months.counted_on,
        count(*) as customers
    from meters
    inner join versions
        on meters.meter_id = versions.meter_id
    inner join counted_months
        on
        counted_months.counted_on >= coalesce(meters.installed_on, counted_months.counted_on)
        and counted_months.counted_on
        < coalesce(meters.removed_on, {{ day_add('counted_months.counted_on', 1) }})
        and versions.valid_from <= counted_months.counted_on
        and versions.valid_to > counted_months.counted_on
    group by
        coalesce(meters.district, 'unknown'), meters.feeder, counted_months.month_start,
        counted_months.counted_on

)

select * from final
