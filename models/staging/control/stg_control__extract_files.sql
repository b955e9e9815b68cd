with source as (

    select * from {{ source('raw_control', 'extract_files') }}

),

final as (

    select
        -- ids
        file_no,
        batch_id,

        -- attributes
        source_file,
        reading_kind,
        case reading_interval
            when '15min' then 15 when '30min' then 30 when 'hour' then 60 when 'day' then 1440
        end as interval_minutes,
        reading_stamp = 'end' as is_stamped_at_end,
        case
            when reading_kind is not null
                then concat_ws(' ', reading_kind, reading_interval, reading_stamp)
        end as reading_form
    from source

)

select * from final
