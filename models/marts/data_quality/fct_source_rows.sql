with batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

rejected_rows as (

    select * from {{ ref('int_rejected_rows') }}

),

rejected_lines as (

    select * from {{ ref('stg_control__rejected_lines') }}

),

-- counted at the source, so that accepted + rejected = in proves something
landed_and_accepted as (

    {% for model, schema, table, key, has_alerts in judged_sources() -%}
        select
            '{{ schema }}.{{ table }}' as source_table,
            _batch_no as batch_no,
            count(*) as rows_in,
            0 as rows_accepted
        from {{ source(schema, table) }}
        group by _batch_no
        union all
        select
            '{{ schema }}.{{ table }}' as source_table,
            batch_no,
            0 as rows_in,
            count(*) as rows_accepted
        from {{ ref(model) }}
        where is_accepted
        group by batch_no
        {%- if not loop.last %}
            union all
        {% endif -%}
    {% endfor %}

),

counted as (

    select
        landed_and_accepted.source_table,
        batches.batch_id,
        landed_and_accepted.rows_in,
        landed_and_accepted.rows_accepted,
        0 as rows_rejected
    from landed_and_accepted
    left join batches
        on landed_and_accepted.batch_no = batches.batch_no
    union all
    select
        target_table as source_table,
        batch_id,
        count(*) as rows_in,
        0 as rows_accepted,
        0 as rows_rejected
    from rejected_lines
    group by target_table, batch_id
    union all
    select
        source_table,
        batch_id,
        0 as rows_in,
        0 as rows_accepted,
        count(*) as rows_rejected
    from rejected_rows
    group by source_table, batch_id

),

final as (

    select
        source_table,
        batch_id,
        cast(sum(rows_in) as bigint) as rows_in,
        cast(sum(rows_accepted) as bigint) as rows_accepted,
        cast(sum(rows_rejected) as bigint) as rows_rejected
    from counted
    group by source_table, batch_id

)

select * from final
