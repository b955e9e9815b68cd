-- A tariff that begins after the as-of date is not known yet, nor is the end of one still in force.

with charges as (

    select * from {{ ref('int_tariff_charges') }}
    where coalesce(valid_from <= {{ as_of_date() }}, true)

),

final as (

    select
        md5(tariff_key || '|' || cast(slab_order as {{ dbt.type_string() }})) as tariff_slab_key,
        tariff_key,
        rate_schedule,
        consumer_group,
        charge_type,
        slab_order,
        from_kwh,
        to_kwh,
        rate,
        rate_unit,
        min_load_kw,
        max_load_kw,
        coalesce(valid_from, {{ beginning_of_time() }}) as effective_date,
        case
            when valid_to < {{ as_of_date() }} then {{ day_add('valid_to', 1) }}
            else {{ end_of_time() }}
        end as expiry_date,
        coalesce(valid_to >= {{ as_of_date() }}, true) as is_current
    from charges

)

select * from final
