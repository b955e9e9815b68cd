{%- set chosen = var('as_of_date', none) -%}

with batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

final as (

    select
        {% if chosen %}cast('{{ chosen }}' as date){% else %}max(as_of_date){% endif %}
            as as_of_date,
        max(as_of_date) as last_extract_on,
        coalesce(bool_or(is_simulated), false) as is_simulated
    from batches

)

select * from final
