with source as (

    select * from {{ source('raw_billing', 'tariffs') }}

),

named as (

    select
        *,
        coalesce(lower(trim(charge_type)), 'energy') as charge,
        coalesce(slab_order, 1) as slab_number,
        coalesce(
            lower(trim(rate_unit)),
            case when coalesce(lower(trim(charge_type)), 'energy') = 'energy' then 'kwh' end
        ) as unit
    from source

),

-- a tariff has no key of its own: whom it charges for what, in which slab and from when is the key
keyed as (

    select
        *,
        case
            when rate_schedule is not null
                then concat_ws(
                    '|',
                    rate_schedule,
                    coalesce(consumer_group, ''),
                    charge,
                    cast(slab_number as {{ dbt.type_string() }}),
                    coalesce(cast(min_load_kw as {{ dbt.type_string() }}), ''),
                    coalesce(cast(max_load_kw as {{ dbt.type_string() }}), ''),
                    coalesce(cast(valid_from as {{ dbt.type_string() }}), '')
                )
        end as tariff_row_key
    from named

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('rate_schedule'),
            'missing_rate': is_missing('rate'),
            'negative_rate': "rate < 0 and charge = 'energy'",
            'missing_unit': "unit is null and coalesce(_load_reasons, '') not like '%:rate_unit%'",
            'unknown_unit': "unit not in ('kwh', 'kw', 'month', 'percent')",
            'slab_without_width': 'slab_width_kwh <= 0',
            'rate_out_of_range':
                is_beyond('max_rate', ['rate']) ~ " or (unit = 'percent' and abs(rate) > 1000)",
            'load_out_of_range': is_beyond('max_quantity', ['min_load_kw', 'max_load_kw'])
        }) }} as row_reasons
    from keyed

),

ranked as (

    {{ rank_within_key(
        'tariff_row_key',
        [
            'rate_schedule', 'consumer_group', 'charge_type', 'slab_order', 'slab_width_kwh',
            'rate', 'rate_unit', 'min_load_kw', 'max_load_kw', 'valid_from', 'valid_to'
        ],
        'judged'
    ) }}

),

final as (

    select
        -- ids
        tariff_row_key,
        rate_schedule,
        consumer_group,

        -- attributes
        charge as charge_type,
        slab_number as slab_order,
        unit as rate_unit,
        min_load_kw,
        max_load_kw,

        -- amounts
        slab_width_kwh,
        rate,

        -- dates
        valid_from,
        valid_to,

        -- flags
        {{ alerts({
            'ends_before_start': 'valid_to < valid_from',
            'empty_load_band': 'max_load_kw <= min_load_kw',
            'charge_not_rated':
                "charge || ' by ' || unit not in ('energy by kwh', 'fixed by month', 'fixed by kw',"
                ~ " 'tax by percent', 'duty by percent', 'fee by month', 'surcharge by percent')"
        }) }} as alerts,

        {{ verdict('tariff_row_key') }}
    from ranked

)

select * from final
