{#- The last columns of every staging model: the verdict on the row, and where the row came from. `others` maps reasons to
    conditions that have no part in which row of a key stays, because they rest on what is judged after it. -#}
{%- macro verdict(key, others={}) -%}
    {%- set is_repeated = key ~ ' is not null and key_rank > 1' -%}
    -- verdict
    nullif(
        concat_ws(
            ',',
            row_reasons,
            {%- for reason, condition in others.items() %}
            case when {{ condition }} then '{{ reason }}' end,
            {%- endfor %}
            case
                when not ({{ is_repeated }}) then null
                when is_older_version then 'older_version'
                when is_copy then 'duplicate_key'
                else 'conflicting_key'
            end
        ),
        ''
    ) as rejection_reasons,
    case when {{ is_repeated }} then {{ key }} end as kept_key,
    row_reasons is null and key_rank = 1
    {%- for condition in others.values() %} and not coalesce({{ condition }}, false){% endfor %} as is_accepted,

    -- metadata
    _batch_no as batch_no,
    _file_no as file_no,
    _source_line as source_line
{%- endmacro -%}
