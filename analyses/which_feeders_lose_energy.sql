-- Which feeders lose more of the energy fed into them than before, month by month?

select
    district,
    feeder,
    month_start,
    fed_in_kwh,
    usage_kwh,
    loss_share,
    loss_share - lag(loss_share) over (partition by district, feeder order by month_start)
        as change_of_share
from {{ ref('agg_location_summary') }}
where fed_in_kwh is not null
order by
    month_start desc,
    loss_share desc,
    district asc,
    feeder asc
