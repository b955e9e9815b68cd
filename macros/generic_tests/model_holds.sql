{#- All rules of a model in one test: a node costs dbt more than the rows of most models cost the database. A row comes
    back for each rule it breaks, under the rule's name and with the number of rows that break it; three for each rule,
    as many as a failed build names.

    - `key`: no two rows agree in all of these columns; a single column may be null more than once, as in dbt's `unique`.
      `key_where`: of which rows that is asked. `other_keys`: further keys, each a list of columns.
    - `not_null`: columns that are never null.
    - `accepted_values`: by column, the values it may have beside null.
    - `rules`: each a `name`, an `expression` that is true on every row (null is not true), and a `where` if it is about
      some rows only. -#}
{% test model_holds(
    model, key=[], key_where='true', other_keys=[], not_null=[], accepted_values={}, rules=[]
) %}

{%- set asked = [] -%}
{%- for column in not_null -%}
    {%- do asked.append([column ~ '_is_not_null', column ~ ' is not null', 'true']) -%}
{%- endfor -%}
{%- for column, words in accepted_values.items() -%}
    {%- set listed = "'" ~ words | join("', '") ~ "'" -%}
    {%- do asked.append([column ~ '_is_an_accepted_value', column ~ ' in (' ~ listed ~ ')', column ~ ' is not null']) -%}
{%- endfor -%}
{%- for rule in rules -%}
    {%- do asked.append([rule['name'], rule['expression'], rule.get('where', 'true')]) -%}
{%- endfor -%}
{%- set keys = ([key] if key else []) + other_keys -%}

with failing as (

    -- every rule but the keys, in one scan
    select *
    from {{ model }}
    where
        false
        {%- for name, expression, condition in asked %}
        or (({{ condition }}) and not coalesce(({{ expression }}), false))
        {%- endfor %}

),
{% for columns in keys %}
repeated_{{ loop.index }} as (

    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ key_where if loop.first and key else 'true' }}
        {%- if columns | length == 1 %} and {{ columns[0] }} is not null {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1

),
{% endfor %}
broken as (

    {% for name, expression, condition in asked %}
    select
        '{{ name }}' as broken_rule,
        failing.*
    from failing
    where ({{ condition }}) and not coalesce(({{ expression }}), false)
    {{ 'union all' if keys or not loop.last }}
    {% endfor %}
    {% for columns in keys %}
    {%- set numbered = loop.index %}
    select
        '{{ columns | join('_and_') }}_{{ 'is' if columns | length == 1 else 'are' }}_unique' as broken_rule,
        tested.*
    from {{ model }} as tested
    inner join repeated_{{ numbered }}
        on {% for column in columns -%}
            tested.{{ column }} is not distinct from repeated_{{ numbered }}.{{ column }}
            {{- ' and ' if not loop.last }}
        {%- endfor %}
    {%- if key_where != 'true' and loop.first %}
    where {{ key_where }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

numbered as (

    select
        *,
        count(*) over (partition by broken_rule) as broken_rows,
        row_number() over (
            partition by broken_rule order by {{ keys[0] | join(', ') if keys else 'broken_rule' }}
        ) as broken_row_no
    from broken

)

select *
from numbered
where broken_row_no <= 3

{% endtest %}
