with rejected_rows as (

    select * from {{ ref('int_rejected_rows') }}

),

final as (

    select
        source_table,
        batch_id,
        source_file,
        source_line,
        {{ shown_key('row_key') }} as row_key,
        reasons,
        {{ shown_key('kept_key') }} as kept_key
    from rejected_rows

)

select * from final
