-- Each meter's level against its own in the tenancy, of working days or of weekends, and against
-- its peers' of the same day: effects of season, weekday and shedding common to all cancel out. The
-- level is that of the dark hours, which solar panels do not affect. One model: no copy of days.

{%- set logs = ['dark_log', 'light_log', 'night_log', 'evening_log', 'night_shape'] %}
{%- set offs = ['dark_off', 'light_off', 'night_off', 'evening_off', 'shape_off'] %}
{%- set offs = offs + ['evening_shape'] %}
{%- set peer_groups = [('type_days', 'consumer_type'), ('schedule_days', 'rate_schedule')] %}
{%- set peers = ['type_days', 'schedule_days', 'all_days'] %}

with days as (

    select * from {{ ref('int_occupied_days') }}

),

own as (

    select
        place_id,
        tenancy_from,
        is_weekend,
        {{ middles_of(logs) }}
    from days
    group by place_id, tenancy_from, is_weekend

),

centred as (

    select
        days.*,
        days.dark_log - own.dark_log as dark_off,
        days.light_log - own.light_log as light_off,
        days.night_log - own.night_log as night_off,
        days.evening_log - own.evening_log as evening_off,
        days.night_shape - own.night_shape as shape_off
    from days
    inner join own
        on
        days.place_id = own.place_id
        and days.tenancy_from = own.tenancy_from
        and days.is_weekend = own.is_weekend

),

{% for group, attribute in peer_groups -%}
    {{ group }} as (

        select
            {{ attribute }},
            read_on,
            count(*) as meters,
            {{ middles_of(offs) }}
        from centred
        group by {{ attribute }}, read_on

    ),

{% endfor -%}
all_days as (

    select
        read_on,
        {{ middles_of(offs) }}
    from centred
    group by read_on

),

against_peers as (

    select
        centred.*,
        {{ less_peers('dark_off', 'centred', peers) }} as dark_left,
        {{ less_peers('light_off', 'centred', peers) }} as light_left,
        {{ less_peers('night_off', 'centred', peers) }} as night_left,
        {{ less_peers('evening_off', 'centred', peers) }} as evening_left,
        {{ less_peers('shape_off', 'centred', peers) }} as shape_left,
        {{ less_peers('evening_shape', 'centred', peers) }} as evening_shape_left
    from centred
    inner join type_days
        on
        centred.consumer_type is not distinct from type_days.consumer_type
        and centred.read_on = type_days.read_on
    inner join schedule_days
        on
        centred.rate_schedule is not distinct from schedule_days.rate_schedule
        and centred.read_on = schedule_days.read_on
    inner join all_days
        on centred.read_on = all_days.read_on

),

-- interruptions leave the same mark on every meter of the feeder
feeder_days as (

    select
        feeder,
        read_on,
        {{ middles_of(['dark_left', 'light_left']) }}
    from against_peers
    group by feeder, read_on
    having count(*) >= {{ var('anomaly_min_peers') }}

),

marked as (

    select
        against_peers.*,
        coalesce(feeder_days.dark_left, 0) as dark_mark,
        coalesce(feeder_days.light_left, 0) as light_mark
    from against_peers
    left join feeder_days
        on
        against_peers.feeder = feeder_days.feeder
        and against_peers.read_on = feeder_days.read_on

),

final as (

    select
        place_id,
        meter_id,
        meter_number,
        feeder,
        read_on,
        hours_valid,
        sag_hours,
        registered_kwh,
        night_kwh,
        -- what the meter would register at its median level
        cast(
            cast(dark_hours as double) * exp(cast(dark_log - dark_left + dark_mark as double))
            + cast(light_hours as double) * exp(cast(light_log - light_left + light_mark as double))
            as decimal(18, 3)
        ) as usual_kwh,
        {{ residual('dark_left - dark_mark') }} as level_residual,
        {{ residual('light_left - light_mark') }} as light_residual,
        {{ residual('night_left - dark_mark') }} as night_level_residual,
        {{ residual('evening_left - dark_mark') }} as evening_residual,
        {{ residual('shape_left') }} as night_residual,
        {{ residual('evening_shape_left') }} as evening_off
    from marked

)

select * from final
