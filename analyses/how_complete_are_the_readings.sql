-- How complete are the readings of each day, how much had to be estimated, and which meters
-- reported nothing?

select
    date_key,
    count(*) as meters,
    cast(100 * sum(cast(hours_read as double)) / nullif(sum(hours_expected), 0) as decimal(5, 2))
        as read_percent,
    cast(
        100 * sum(cast(hours_estimated as double)) / nullif(sum(hours_expected), 0)
        as decimal(5, 2)
    ) as estimated_percent,
    sum(hours_expected - hours_valid - hours_estimated) as hours_unknown,
    count(*) filter (where hours_read = 0 and hours_expected > 0) as silent_meters
from {{ ref('agg_daily_consumption') }}
group by date_key
order by date_key desc
