{#- A relation of `meter_number` and `meter_print`: the meters that hours are derived for and of which the model has no
    rows, after `delete_changed_meters`; all of them on a full refresh. -#}
{%- macro missing_meters() -%}
{%- if is_incremental() %}
    select
        wanted.meter_number,
        wanted.meter_print
    from ({{ derived_meter_prints() }}
    ) as wanted
    left join (select meter_number from {{ this }} group by meter_number) as held
        on wanted.meter_number = held.meter_number
    where held.meter_number is null
{%- else %}
    {{ derived_meter_prints() }}
{%- endif -%}
{%- endmacro -%}
