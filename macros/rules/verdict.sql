{#- The last columns of every staging model: the verdict on the row, and where the row came from. -#}
{%- macro verdict(key) -%}
    {%- set is_duplicate = key ~ ' is not null and key_rank > 1' -%}
    -- verdict
    nullif(
        concat_ws(',', row_reasons, case when {{ is_duplicate }} then 'duplicate_key' end), ''
    ) as rejection_reasons,
    case when {{ is_duplicate }} then {{ key }} end as kept_key,
    row_reasons is null and key_rank = 1 as is_accepted,

    -- metadata
    _batch_no as batch_no,
    _file_no as file_no,
    _source_line as source_line
{%- endmacro -%}
