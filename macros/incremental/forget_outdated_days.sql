{#- Before new rows are added to a model kept by meter and day: deletes every day stored under another version, or with
    other hours, than are wanted. `wanted` is a relation of days with their `day_version`, `hours_wanted` its column of
    hours; `hours_held`, summed over the rows of a stored day, gives the hours it has; days after `until` are not wanted.
    All meters of a day are compared at once, and one by one only where they differ. -#}
{%- macro forget_outdated_days(wanted, hours_wanted='hours_wanted', hours_held='1', until=none) -%}
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

    held_days as (
        select
            read_on,
            sum({{ hours_held }}) as hours,
            sum(day_version * {{ hours_held }}) as versions
        from {{ this }}
        group by read_on
    ),

    odd_days as (
        select held_days.read_on
        from held_days
        left join wanted_days on held_days.read_on = wanted_days.read_on
        where
            held_days.hours is distinct from wanted_days.hours
            or held_days.versions is distinct from wanted_days.versions
    ),

    held_meter_days as (
        select
            meter_number,
            read_on,
            sum({{ hours_held }}) as hours,
            min(day_version) as first_version,
            max(day_version) as last_version
        from {{ this }}
        where read_on in (select odd_days.read_on from odd_days)
        group by meter_number, read_on
    )

    select
        held.meter_number,
        held.read_on
    from held_meter_days as held
    left join {{ wanted }} as wanted
        on held.meter_number = wanted.meter_number and held.read_on = wanted.read_on
    where
        held.hours is distinct from wanted.{{ hours_wanted }}
        or held.first_version is distinct from wanted.day_version
        or held.last_version is distinct from wanted.day_version
        {%- if until %}
        or held.{{ bound }} is not true
        {%- endif %}
)
{%- endif -%}
{%- endmacro -%}
