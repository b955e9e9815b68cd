with source as (

    select * from {{ source('raw_control', 'extract_files') }}

),

final as (

    select
        -- ids
        file_no,
        batch_id,

        -- attributes
        source_file
    from source

)

select * from final
