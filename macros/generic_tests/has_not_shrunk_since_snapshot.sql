{#- The guard before a snapshot: a source that lost `snapshot_max_shrink_share` of its rows or more since the last build
    is taken for a broken extract, and the build stops before the snapshot closes every key. Counted is what was
    delivered and accepted: a stub that took the place of a row is a row lost. A load that was allowed to lose rows of
    the table, or that brings only changes, passes. Snapshot and bookkeeping are found by name, not by ref: this test
    runs before the one, and a file of an earlier version lacks the other. -#}
{% test has_not_shrunk_since_snapshot(
    model, snapshot, entity_key, source_table, delivered='true', recorded='true'
) %}

{%- set seen = adapter.get_relation(database=model.database, schema='snapshots', identifier=snapshot)
    if execute else none %}
{%- set deliveries = adapter.get_relation(
    database=model.database, schema='raw_control', identifier='deliveries'
) if execute else none %}
{% if seen %}

with before as (

    -- one that an earlier version recorded twice is one
    select count(distinct {{ entity_key }}) as rows_count
    from {{ seen }}
    where
        dbt_valid_to = cast('9999-12-31' as timestamp)
        and dbt_is_deleted = 'False'
        and {{ recorded }}

),

now as (

    select count(*) as rows_count
    from {{ model }}
    where {{ delivered }}

)

select
    '{{ source_table }}: ' || cast(now.rows_count as {{ dbt.type_string() }}) || ' rows accepted, '
    || cast(before.rows_count as {{ dbt.type_string() }}) || ' at the last build; if that is right,'
    || ' load with --allow-shrink {{ source_table }}' as finding
from before
cross join now
where
    before.rows_count > 0
    and now.rows_count <= before.rows_count * (1 - {{ var('snapshot_max_shrink_share') }})
    {% if deliveries -%}
        and not exists (
            select 1
            from {{ deliveries }}
            where
                target_table = '{{ source_table }}'
                and (is_loss_allowed or delivery = 'delta')
        )
    {%- endif %}

{% else %}

select 1 as no_snapshot_yet where false

{% endif %}

{% endtest %}
