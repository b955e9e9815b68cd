-- A meter that is suspended and then disconnected has been cut off since the first of the two:
-- spells that follow each other without a day in between are one.

with meter_terms as (

    select * from {{ ref('int_meter_terms') }}
    where {{ is_cut_off('status') }}

),

neighboured as (

    select
        *,
        lag(valid_to) over (partition by meter_number order by valid_from) as previous_valid_to
    from meter_terms

),

numbered as (

    select
        *,
        sum(case when valid_from = previous_valid_to then 0 else 1 end) over (
            partition by meter_number
            order by valid_from
            rows between unbounded preceding and current row
        ) as cut_off_number
    from neighboured

),

final as (

    select
        meter_number,
        min(valid_from) as cut_off_on,
        max(valid_to) as reconnected_on,
        max_by(status, valid_from) as status,
        bool_or(is_undated) as is_undated
    from numbered
    group by meter_number, cut_off_number

)

select * from final
