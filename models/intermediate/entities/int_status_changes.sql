with events as (

    select * from {{ ref('stg_cdc__change_events') }}
    where is_accepted and op is not null

),

fields as (

    select
        source_table,
        entity_key,
        changed_on,
        source_seq,
        event_id,
        op,
        source_ts,
        case when op = 'd' then before else after end as image,
        before
    from events

),

-- what held at the end of a day is what the day's last change left
ordered as (

    {{ in_sequence('fields') }}

),

-- a feed that starts partway through an entity's life shows what held before its first change
before_the_feed as (

    select
        source_table,
        entity_key,
        {{ beginning_of_time() }} as changed_on,
        'c' as op,
        before as image
    from ordered
    where sequence_number = 1 and op != 'c' and before is not null

),

unioned as (

    select
        source_table,
        entity_key,
        changed_on,
        op,
        image
    from ordered
    where is_last_of_day
    union all
    select * from before_the_feed

),

worded as (

    select
        *,
        {{ json_text('image', 'status') }} as status_word
    from unioned

),

stated as (

    select
        source_table,
        entity_key,
        changed_on,
        case
            when op = 'd' then 'Deleted'
            else coalesce({{ status_of('status_word') }}, 'Active')
        end as status,
        {{ json_text('image', 'plan_id') }} as plan_id,
        try_cast({{ json_text('image', 'quantity') }} as decimal(18, 3)) as stated_quantity,
        try_cast({{ json_text('image', 'unit_price') }} as decimal(18, 2)) as stated_unit_price,
        case when source_table = 'raw_metering.meters' then image end as meter_image
    from worded

),

-- quantities and prices in a feed beyond the limits that apply to rows are dropped
final as (

    select
        source_table,
        entity_key,
        changed_on,
        status,
        plan_id,
        case when stated_quantity between 0 and {{ var('max_quantity') }} then stated_quantity end
            as quantity,
        case when stated_unit_price between 0 and {{ var('max_amount') }} then stated_unit_price end
            as unit_price,
        meter_image
    from stated

)

select * from final
