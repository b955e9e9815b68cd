{#- The guard before a snapshot: a source that lost more than `snapshot_max_shrink_share` of its rows since the last
    build is taken for a broken extract, and the build stops before the snapshot closes every key. The snapshot is
    found by name, not by ref: this test runs before it. -#}
{% test has_not_shrunk_since_snapshot(model, snapshot) %}

{%- set seen = adapter.get_relation(database=model.database, schema='snapshots', identifier=snapshot)
    if execute else none %}
{% if seen %}

with before as (

    select count(*) as rows_count
    from {{ seen }}
    where dbt_valid_to = cast('9999-12-31' as timestamp) and dbt_is_deleted = 'False'

),

now as (

    select count(*) as rows_count from {{ model }}

)

select
    before.rows_count as rows_before,
    now.rows_count as rows_now
from before
cross join now
where now.rows_count < before.rows_count * (1 - {{ var('snapshot_max_shrink_share') }})

{% else %}

select 1 as no_snapshot_yet where false

{% endif %}

{% endtest %}
