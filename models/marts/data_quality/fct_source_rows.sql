with rejected_rows as (

    select * from {{ ref('int_rejected_rows') }}

),

rejected_lines as (

    select * from {{ ref('stg_control__rejected_lines') }}

),

accepted as (

    {% for model, schema, table, key, has_alerts in judged_sources() -%}
        select
            '{{ schema }}.{{ table }}' as source_table,
            batch_id,
            count(*) as rows_accepted
        from {{ ref(model) }}
        where is_accepted
        group by batch_id
        {%- if not loop.last %}
            union all
        {% endif -%}
    {% endfor %}

),

-- counted at the source, so that accepted + rejected = in proves something
landed as (

    {% for model, schema, table, key, has_alerts in judged_sources() -%}
        select
            '{{ schema }}.{{ table }}' as source_table,
            _batch_id as batch_id,
            count(*) as rows_in
        from {{ source(schema, table) }}
        group by _batch_id
        union all
    {% endfor -%}
    select
        target_table as source_table,
        batch_id,
        count(*) as rows_in
    from rejected_lines
    group by target_table, batch_id

),

rows_in as (

    select
        source_table,
        batch_id,
        sum(rows_in) as rows_in
    from landed
    group by source_table, batch_id

),

rejected as (

    select
        source_table,
        batch_id,
        count(*) as rows_rejected
    from rejected_rows
    group by source_table, batch_id

),

final as (

    select
        rows_in.source_table,
        rows_in.batch_id,
        cast(rows_in.rows_in as bigint) as rows_in,
        cast(coalesce(accepted.rows_accepted, 0) as bigint) as rows_accepted,
        cast(coalesce(rejected.rows_rejected, 0) as bigint) as rows_rejected
    from rows_in
    left join accepted
        on
        rows_in.source_table = accepted.source_table
        and rows_in.batch_id = accepted.batch_id
    left join rejected
        on
        rows_in.source_table = rejected.source_table
        and rows_in.batch_id = rejected.batch_id

)

select * from final
