{#- Before new rows are added to a model kept by meter and day: every day of a meter goes on which the rows held do
    not add up to what `wanted` says, and so do the `following_days` after it, whose estimates looked back on it.
    `figures` gives for each figure two expressions, over the rows wanted and over those held, to be added up:
    over all meters of a day first, and only where these differ over each meter. `hours` are the first of them. -#}
{%- macro forget_changed_meter_days(wanted, figures, following_days=0) -%}
{%- if is_incremental() -%}
delete from {{ this }}
where (meter_number, read_on) in (

    with wanted_days as (
        select
            read_on
            {%- for figure, over in figures.items() %},
            sum({{ over[0] }}) as {{ figure }}
            {%- endfor %}
        from {{ wanted }} as wanted
        group by read_on
    ),

    held_days as (
        select
            read_on
            {%- for figure, over in figures.items() %},
            sum({{ over[1] }}) as {{ figure }}
            {%- endfor %}
        from {{ this }}
        group by read_on
    ),

    odd_days as (
        select coalesce(wanted_days.read_on, held_days.read_on) as read_on
        from held_days
        {{ 'full outer' if following_days else 'left' }} join wanted_days
            on held_days.read_on = wanted_days.read_on
        where
            {% for figure in figures -%}
            wanted_days.{{ figure }} is distinct from held_days.{{ figure }}
            {%- if not loop.last %} or {% endif %}
            {% endfor %}
    ),

    wanted_meter_days as (
        select
            meter_number,
            read_on
            {%- for figure, over in figures.items() %},
            sum({{ over[0] }}) as {{ figure }}
            {%- endfor %}
        from {{ wanted }} as wanted
        where read_on in (select odd_days.read_on from odd_days)
        group by meter_number, read_on
    ),

    held_meter_days as (
        select
            meter_number,
            read_on
            {%- for figure, over in figures.items() %},
            sum({{ over[1] }}) as {{ figure }}
            {%- endfor %}
        from {{ this }}
        where read_on in (select odd_days.read_on from odd_days)
        group by meter_number, read_on
    ),

    odd_meter_days as (
        select
            coalesce(wanted_meter_days.meter_number, held_meter_days.meter_number) as meter_number,
            coalesce(wanted_meter_days.read_on, held_meter_days.read_on) as read_on
        from held_meter_days
        {{ 'full outer' if following_days else 'left' }} join wanted_meter_days
            on
            held_meter_days.meter_number = wanted_meter_days.meter_number
            and held_meter_days.read_on = wanted_meter_days.read_on
        where
            {% for figure in figures -%}
            wanted_meter_days.{{ figure }} is distinct from held_meter_days.{{ figure }}
            {%- if not loop.last %} or {% endif %}
            {% endfor %}
    ),

    reached as (
        select
            meter_number,
            read_on,
            {{ each_integer('0', following_days) }} as day_no
        from odd_meter_days
    )

    select
        meter_number,
        {{ day_add('read_on', 'day_no') }}
    from reached
)
{%- endif -%}
{%- endmacro -%}
