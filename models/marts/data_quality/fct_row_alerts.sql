with row_alerts as (

    select * from {{ ref('int_row_alerts') }}

),

final as (

    select
        source_table,
        batch_id,
        source_file,
        source_line,
        row_key,
        alerts as alert
    from row_alerts

)

select * from final
