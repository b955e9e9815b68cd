with rejected_rows as (

    select * from {{ ref('int_rejected_rows') }}

),

final as (

    select
        source_table,
        batch_id,
        source_file,
        source_line,
        row_key,
        reasons,
        kept_key
    from rejected_rows

)

select * from final
