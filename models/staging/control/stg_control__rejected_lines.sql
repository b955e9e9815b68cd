with source as (

    select * from {{ source('raw_control', 'rejected_rows') }}

),

final as (

    select
        -- ids
        batch_id,
        target_table,
        source_file,
        source_line,

        -- attributes
        reasons,
        raw_line
    from source

)

select * from final
