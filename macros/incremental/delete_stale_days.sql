{#- Before new rows are added to a model stored by meter and day: deletes every day stored under another version, or with
    other hours, than are wanted. `wanted` is a relation of days with their `day_version`, `hours_wanted` its column of
    hours; `hours_stored`, summed over the rows of a stored day, gives the hours it has; days after `until` are not wanted.
    All meters of a day are compared at once, and one by one only where they differ. -#}
{%- macro delete_stale_days(wanted, hours_wanted='hours_wanted', hours_stored='1', until=none) -%}
{%- if is_incremental() -%}
{%- set bound = 'read_on <= ' ~ until if until else 'true' -%}
delete from {{ this }}
where (meter_number, read_on) in (

    with wanted_days as (
        select
            read_on,
            sum({{ hours_wanted }}) as hours,
            sum(day_version * {{ hours_wanted }}) as versions
        from {{ wanted }}
        where {{ hours_wanted }} > 0 and {{ bound }}
        group by read_on
    ),

    stored_days as (
        select
            read_on,
            sum({{ hours_stored }}) as hours,
            sum(day_version * {{ hours_stored }}) as versions
        from {{ this }}
        group by read_on
    ),

    odd_days as (
        select stored_days.read_on
        from stored_days
        left join wanted_days on stored_days.read_on = wanted_days.read_on
        where
            stored_days.hours is distinct from wanted_days.hours
            or stored_days.versions is distinct from wanted_days.versions
    ),

    stored_meter_days as (
        select
            meter_number,
            read_on,
            sum({{ hours_stored }}) as hours,
            min(day_version) as first_version,
            max(day_version) as last_version
        from {{ this }}
        where read_on in (select odd_days.read_on from odd_days)
        group by meter_number, read_on
    )

    select
        stored.meter_number,
        stored.read_on
    from stored_meter_days as stored
    left join {{ wanted }} as wanted
        on stored.meter_number = wanted.meter_number and stored.read_on = wanted.read_on
    where
        stored.hours is distinct from wanted.{{ hours_wanted }}
        or stored.first_version is distinct from wanted.day_version
        or stored.last_version is distinct from wanted.day_version
        {%- if until %}
        or stored.{{ bound }} is not true
        {%- endif %}
)
{%- endif -%}
{%- endmacro -%}
