{#- A relation: the days of `int_meter_days` of which the model holds nothing (`is_due`), and so many days before each of
    them that are only looked back on. -#}
{%- macro meter_days_to_make(history_days) -%}
    select *
    from (
        select
            meter_days.*,
            unheld.meter_number is not null as is_due,
            max(case when unheld.meter_number is not null then 1 else 0 end) over (
                partition by meter_days.meter_number
                order by meter_days.read_on
                range between current row and interval {{ history_days }} day following
            ) as is_needed
        from {{ ref('int_meter_days') }} as meter_days
        left join ({{ unheld_meter_days() }}) as unheld
            on
            meter_days.meter_number = unheld.meter_number
            and meter_days.read_on = unheld.read_on
    ) as looked_at
    where is_needed = 1
{%- endmacro -%}
