-- Each trace has its evidence in log-odds. The strongest is the meter's score, since all of them
-- measure the same energy; of equal ones the more direct.

{%- set weights = var('theft_weights') %}

with traces as (

    select * from {{ ref('int_theft_evidence') }}

),

weighed as (

    select
        *,
        case
            when level_drop > 0
                then
                    {{ weights.level.start }}
                    + {{ weights.level.drop }}
                    * least(cast(level_drop as double), {{ var('theft_max_drop') }})
                    + {{ weights.level.contrast }} * ln(greatest(cast(level_contrast as double), 1))
                    - {{ weights.level.shape }}
                    * least(coalesce(cast(shape_change as double), 0), {{ var('theft_max_shape') }})
                    + {{ weights.level.balance }} * coalesce(balance, 0)
                    + {{ weights.level.tamper }} * least(tamper_days, 1)
                    + {{ weights.level.sag_share }} * sag_share
            else -20
        end as level_odds,
        case
            when night_drop > 0
                then
                    {{ weights.night.start }}
                    + {{ weights.night.drop }}
                    * least(cast(night_drop as double), {{ var('theft_max_drop') }})
                    + {{ weights.night.contrast }} * ln(greatest(cast(night_contrast as double), 1))
            else -20
        end as night_odds,
        case
            when rollback_days > 0
                then
                    {{ weights.rollback.start }} + {{ weights.rollback.days }} * rollback_days
            else -20
        end as rollback_odds,
        coalesce(
            {{ weights.scatter.start }}
            + {{ weights.scatter.evidence }} * cast(scatter_evidence as double),
            -20
        ) as scatter_odds,
        coalesce(
            {{ weights.peers.start }}
            - {{ weights.peers.load }} * cast(load_off as double)
            - {{ weights.peers.deviations }} * cast(load_deviations as double)
            + {{ weights.peers.sag_share }} * greatest(cast(sag_off as double), 0),
            -20
        ) as peer_odds,
        coalesce(
            {{ weights.night_peers.start }}
            - {{ weights.night_peers.night }} * cast(night_off as double)
            - {{ weights.night_peers.deviations }} * cast(night_deviations as double),
            -20
        ) as night_peer_odds
    from traces

),

strongest as (

    select
        *,
        greatest(
            level_odds, night_odds, rollback_odds, scatter_odds, peer_odds, night_peer_odds
        ) as log_odds
    from weighed

),

traced as (

    select
        *,
        case
            when log_odds <= -20 then 'none'
            when rollback_odds = log_odds then 'rollback'
            when night_odds = log_odds then 'night'
            when level_odds = log_odds then 'level'
            when scatter_odds = log_odds then 'scatter'
            when peer_odds = log_odds then 'peers'
            else 'night_peers'
        end as trace
    from strongest

),

final as (

    select
        *,
        case trace
            when 'rollback' then rolled_back_on
            when 'night' then night_broke_on
            when 'level' then level_broke_on
            when 'scatter' then scattered_from
            else first_judged_on
        end as suspected_from,
        {{ score_of('log_odds') }} as score
    from traced

)

select * from final
