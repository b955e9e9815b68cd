{#- The visible versions of an entity: a version that begins after the as-of date is not known yet, so the last visible
    one has no end. A version is identified by its entity and its first day. -#}
{%- macro visible_versions(versions, entity_key) -%}
    {%- set is_last = 'row_number() over (partition by ' ~ entity_key ~ ' order by starts_on desc) = 1' -%}
    select
        *,
        md5({{ entity_key }} || '|' || cast(starts_on as {{ dbt.type_string() }})) as version_key,
        starts_on as effective_date,
        case when {{ is_last }} then {{ end_of_time() }} else ends_on end as expiry_date,
        {{ is_last }} as is_current
    from {{ versions }}
    where starts_on <= {{ as_of_date() }}
{%- endmacro -%}
