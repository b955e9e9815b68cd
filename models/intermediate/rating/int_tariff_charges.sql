-- The limits of slabs are widths, filled in order: a slab begins where those before it are full.
-- A slab without a width takes the rest, and leaves nothing to any slab after it. A charge other
-- than energy is one slab without a width.

with tariffs as (

    select * from {{ ref('stg_billing__tariffs') }}
    where is_accepted and (charge_type != 'energy' or rate_unit = 'kwh')

),

keyed as (

    select
        *,
        concat_ws(
            '|',
            rate_schedule,
            coalesce(consumer_group, ''),
            charge_type,
            coalesce(cast(min_load_kw as {{ dbt.type_string() }}), ''),
            coalesce(cast(max_load_kw as {{ dbt.type_string() }}), ''),
            coalesce(cast(valid_from as {{ dbt.type_string() }}), '')
        ) as tariff_key
    from tariffs

),

filled as (

    select
        *,
        coalesce(
            sum(slab_width_kwh) over (
                partition by tariff_key
                order by slab_order
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as from_kwh,
        coalesce(
            bool_or(slab_width_kwh is null) over (
                partition by tariff_key
                order by slab_order
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as is_out_of_reach,
        min(valid_to) over (partition by tariff_key) as tariff_valid_to
    from keyed

),

final as (

    select
        tariff_key,
        rate_schedule,
        consumer_group,
        min_load_kw,
        max_load_kw,
        charge_type,
        slab_order,
        cast(from_kwh as decimal(18, 3)) as from_kwh,
        cast(from_kwh + slab_width_kwh as decimal(18, 3)) as to_kwh,
        rate,
        rate_unit,
        valid_from,
        tariff_valid_to as valid_to
    from filled
    where not is_out_of_reach

)

select * from final
