{#- A relation of `meter_number` and `read_on`: the wanted days of which the model has no rows, after
    `delete_stale_days` with the same arguments. Only days that lack hours are compared meter by meter. -#}
{%- macro missing_days(wanted, hours_wanted='hours_wanted', hours_stored='1', until=none) -%}
{%- set bound = 'read_on <= ' ~ until if until else 'true' -%}
{%- set lacking_days -%}
    select wanted_days.read_on
    from (
        select read_on, sum({{ hours_wanted }}) as hours
        from {{ wanted }}
        where {{ hours_wanted }} > 0 and {{ bound }}
        group by read_on
    ) as wanted_days
    left join (
        select read_on, sum({{ hours_stored }}) as hours
        from {{ this }}
        group by read_on
    ) as stored_days
        on wanted_days.read_on = stored_days.read_on
    where wanted_days.hours != coalesce(stored_days.hours, 0)
{%- endset %}
    select wanted.meter_number, wanted.read_on
    from {{ wanted }} as wanted
    left join (
        select meter_number, read_on
        from {{ this }}
        where read_on in ({{ lacking_days }})
        group by meter_number, read_on
    ) as stored
        on wanted.meter_number = stored.meter_number and wanted.read_on = stored.read_on
    where
        wanted.read_on in ({{ lacking_days }})
        and wanted.{{ hours_wanted }} > 0
        and stored.meter_number is null
{%- endmacro -%}
