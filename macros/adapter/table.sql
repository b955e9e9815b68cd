{#- A table is made in its place, inside the model's transaction: readers never see it half made, and a model that fails
    leaves the old one. dbt-duckdb's own makes it beside the old one, renames both and drops one, four statements that
    each cost dbt more than most models take. Spark has its own. -#}
{% materialization table, adapter='duckdb' %}

{%- set existing = load_cached_relation(this) -%}
{%- set made = this.incorporate(type='table') -%}

{{ run_hooks(pre_hooks, inside_transaction=False) }}
{{ run_hooks(pre_hooks, inside_transaction=True) }}

{% if existing is not none and not existing.is_table -%}
    {% do adapter.drop_relation(existing) %}
{%- endif %}
{% call statement('main') -%}
    drop table if exists {{ made }};
    {{ create_table_as(False, made, compiled_code) }}
{%- endcall %}

{{ run_hooks(post_hooks, inside_transaction=True) }}
{{ adapter.commit() }}
{{ run_hooks(post_hooks, inside_transaction=False) }}

{{ return({'relations': [made]}) }}

{% endmaterialization %}
