{#- A relation of the meters with accepted readings other than hourly energies: `meter_number`, and `meter_print`, a hash
    of all that their hours are derived from: every accepted reading, its form, the thresholds. -#}
{%- macro derived_meter_prints() -%}
    {%- set forms -%}
        select
            file_no as form_file_no,
            reading_form
        from {{ ref('stg_control__extract_files') }}
        where reading_form is not null
    {%- endset -%}
    {%- set settings = [
        var('register_restart_share'), var('register_slip_factor'), var('register_rollover_share'),
        var('register_min_capacity_kwh'), var('sentinel_min_kwh'), var('sentinel_min_negative_kwh'), var('reading_max_kwh')
    ] | join(' ') %}
    select
        meter_number,
        cast(
            sum({{ reading_print() }} + {{ fingerprint_of(['reading_form', "'" ~ settings ~ "'"]) }}) as bigint
        ) as meter_print
    from {{ ref('stg_metering__readings') }}
    left join ({{ forms }}) as forms
        on file_no = form_file_no
    where
        is_accepted
        and meter_number in (
            select parts.meter_number
            from {{ ref('stg_metering__readings') }} as parts
            where parts.is_part and parts.is_accepted
            group by parts.meter_number
        )
    group by meter_number
{%- endmacro -%}
