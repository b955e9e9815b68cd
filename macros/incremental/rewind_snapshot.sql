{#- Before a snapshot looks: back to what it held before the day of the extracts. What it has seen of that day was a
    delivery that this one replaces. So a day leaves one version at most, whatever was loaded of it in between, and a row
    that was missing from one of several deliveries of a day was never gone.

    Builds of earlier versions left rows without length, and could leave several versions of a day. Of these the one that
    ended last stays, one that is not deleted before one that is, and versions follow each other without gap or overlap. -#}
{%- macro rewind_snapshot() -%}
{%- if execute and load_relation(this) -%}
{%- set key, open_end, now = config.get('unique_key'), config.get('dbt_valid_to_current'), snapshot_get_time() -%}
{%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
{%- set to_change = run_query(
    'select count(*) from (select dbt_valid_from, dbt_valid_to, lead(dbt_valid_from) over (partition by ' ~ key
    ~ ' order by dbt_valid_from, dbt_valid_to) as followed_from from ' ~ this ~ ') as versions'
    ~ ' where dbt_valid_from >= ' ~ now ~ ' or dbt_valid_from >= dbt_valid_to'
    ~ ' or dbt_valid_to != coalesce(followed_from, ' ~ open_end ~ ')'
).rows[0][0] -%}
{%- if to_change > 0 -%}
create or replace table {{ this }} as
with ranked as (

    select
        *,
        row_number() over (
            partition by {{ key }}, cast(dbt_valid_from as date)
            order by dbt_valid_to desc, dbt_is_deleted, {{ columns | join(', ') }}
        ) as place
    from {{ this }}
    where dbt_valid_from < dbt_valid_to and dbt_valid_from < {{ now }}

)

select
    {% for column in columns -%}
        {%- if column == 'dbt_valid_to' -%}
            coalesce(
                lead(dbt_valid_from) over (partition by {{ key }} order by dbt_valid_from), {{ open_end }}
            ) as
        {%- endif %} {{ column }}{{ ',' if not loop.last }}
    {% endfor -%}
from ranked
where place = 1
{%- endif -%}
{%- endif -%}
{%- endmacro -%}
