{#- The body of a CTE: the rows of `judged`, each with its `key_rank`, 1 for the one that stays of all with the same key;
    a row that does not stay `is_copy` where it says the same, `is_older_version` where the source itself replaced it.

    A row without fault goes before one with a fault. Then the source's own update stamp, `version`, decides where there
    is one; then the row's place in its files, the lowest file name and line. No row is chosen for its content: rows that
    come from no file are ordered by a hash. `key` is a column or several, `content` names all other columns of the
    source, `counted_in` is the relation in which keys are counted: few repeat, and only those are hashed; none where all
    rows of `judged` are known to repeat a key. `delivered` distinguishes deliveries of the same row and is not part of its
    content. `before` are expressions that put a row behind those for which they are smaller, ahead of stamp and place. -#}
{%- macro rank_within_key(key, content, counted_in=none, version=none, delivered=none, before=[]) -%}
    {%- set keys = key.split(', ') -%}
    {%- set by_key -%}
        over (
            partition by {% for name in keys %}landed.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
            order by
                case when landed.row_reasons is null then 0 else 1 end,
                {%- for expression in before %}
                {{ expression }},
                {%- endfor %}
                {%- if version %}
                landed.{{ version }} desc nulls last,
                {%- endif %}
                landed._file_no nulls last,
                landed._source_line nulls last,
                landed.row_print nulls last,
                {%- if delivered %}
                landed.{{ delivered }} nulls last,
                {%- endif %}
                landed._batch_no nulls last
        )
    {%- endset -%}
    select
        landed.*,
        row_number() {{ by_key }} as key_rank,
        coalesce(landed.row_print = first_value(landed.row_print) {{ by_key }}, false) as is_copy,
        {%- if version %}
        coalesce(landed.{{ version }} < first_value(landed.{{ version }}) {{ by_key }}, false)
            as is_older_version
        {%- else %}
        false as is_older_version
        {%- endif %}
    from (
        select
            judged.*,
            case
                when {{ 'repeated.' ~ keys[0] ~ ' is not null' if counted_in else 'true' }}
                    then md5(concat_ws(
                        chr(31)
                        {%- for name in content %},
                        coalesce(cast(judged.{{ name }} as {{ dbt.type_string() }}), chr(30))
                        {%- endfor %}
                    ))
            end as row_print
        from judged
        {%- if counted_in %}
        left join (
            select {{ key }}
            from {{ counted_in }}
            group by {{ key }}
            having count(*) > 1
        ) as repeated
            on
            {%- for name in keys %}
            {{ 'and ' if not loop.first }}judged.{{ name }} = repeated.{{ name }}
            {%- endfor %}
        {%- endif %}
    ) as landed
{%- endmacro -%}
