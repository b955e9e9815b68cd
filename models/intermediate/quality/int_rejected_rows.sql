with batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

files as (

    select * from {{ ref('stg_control__extract_files') }}

),

rejected_lines as (

    select * from {{ ref('stg_control__rejected_lines') }}

),

-- rows that landed and failed the rules of staging
rejected_rows as (

    {% for model, schema, table, key, has_alerts in judged_sources() -%}
        select
            '{{ schema }}.{{ table }}' as source_table,
            batch_no,
            file_no,
            source_line,
            {{ key }} as row_key,
            rejection_reasons as reasons,
            kept_key
        from {{ ref(model) }}
        where not is_accepted
        {%- if not loop.last %}
            union all
        {% endif -%}
    {% endfor %}

),

located_rows as (

    select
        rejected_rows.source_table,
        batches.batch_id,
        files.source_file,
        rejected_rows.source_line,
        rejected_rows.row_key,
        rejected_rows.reasons,
        rejected_rows.kept_key
    from rejected_rows
    left join batches
        on rejected_rows.batch_no = batches.batch_no
    left join files
        on rejected_rows.file_no = files.file_no

),

-- lines of a file that never became a row
unreadable_lines as (

    select
        target_table as source_table,
        batch_id,
        source_file,
        source_line,
        cast(null as {{ dbt.type_string() }}) as row_key,
        reasons,
        cast(null as {{ dbt.type_string() }}) as kept_key
    from rejected_lines

),

final as (

    select * from located_rows
    union all
    select * from unreadable_lines

)

select * from final
