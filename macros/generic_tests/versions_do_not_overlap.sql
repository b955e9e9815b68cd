{#- The versions of an entity follow each other without gap or overlap, and just one of them is current. -#}
{% test versions_do_not_overlap(model, entity_key) %}

with versions as (

    select
        {{ entity_key }},
        effective_date,
        expiry_date,
        is_current,
        lead(effective_date) over (partition by {{ entity_key }} order by effective_date)
            as next_effective_date
    from {{ model }}

)

select *
from versions
where
    effective_date >= expiry_date
    or expiry_date != coalesce(next_effective_date, {{ end_of_time() }})
    or is_current != (next_effective_date is null)

{% endtest %}
