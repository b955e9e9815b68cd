{#- Runs before a build: when a batch of extracts that the last build saw is gone or has changed, its rows were replaced
    rather than added to, and every incremental model is rebuilt. The models are emptied, not dropped, since a partial
    build may read a model that it does not rebuild. -#}
{%- macro truncate_stale_models() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set seen = adapter.get_relation(
            database=target.database, schema='staging', identifier='stg_control__extract_batches'
        ) -%}
        {%- if seen -%}
            {%- set replaced = run_query(
                'select count(*) from ' ~ seen ~ ' as seen left join '
                ~ source('raw_control', 'extract_batches') ~ ' as batches on seen.batch_id = batches.batch_id'
                ~ ' and seen.batch_no = batches.batch_no and seen.source is not distinct from batches.source'
                ~ ' and seen.as_of_date is not distinct from batches.as_of_date'
                ~ ' and seen.loaded_at is not distinct from batches.loaded_at where batches.batch_id is null'
            ).rows[0][0] -%}
            {%- for node in graph.nodes.values() if replaced > 0 and node.config.materialized == 'incremental' -%}
                {%- set held = adapter.get_relation(
                    database=node.database, schema=node.schema, identifier=node.alias
                ) -%}
                {%- if held -%}{%- do adapter.truncate_relation(held) -%}{%- endif -%}
            {%- endfor -%}
            {#- a hook that returns no statement would be rolled back -#}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
