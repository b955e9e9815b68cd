-- The strongest trace of a meter speaks for it; of equal ones the more direct.

with traces as (

    select * from {{ ref('int_theft_traces') }}

),

strongest as (

    select
        *,
        greatest(
            level_odds, night_odds, rollback_odds, scatter_odds, peer_odds, night_peer_odds
        ) as log_odds
    from traces

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
