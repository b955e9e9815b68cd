{#- The hours of a day whose energy is above what the connected load can take, as bits. Where no load is known: those that
    are large, and far above both neighbours', or far above the mean of the day's other hours, since two spikes in a row
    hide each other. `kwh_by_hour` has the day's energies, `running_hours` the hours of consumption while there was
    supply, `running_kwh` their total. -#}
{%- macro spike_hours(kwh_by_hour, plausible_kwh, running_hours, running_kwh) -%}
    {%- set factor = var('spike_neighbour_factor') -%}
    {%- for hour in range(24) %}
        {%- set kwh = element_of(kwh_by_hour, hour) -%}
        {%- set neighbours = [] -%}
        {%- for beside in [hour - 1, hour + 1] if 0 <= beside < 24 -%}
            {%- do neighbours.append(
                'case when (' ~ running_hours ~ ' & ' ~ 2 ** beside ~ ') > 0 then ' ~ element_of(kwh_by_hour, beside) ~ ' end'
            ) -%}
        {%- endfor %}
        case
            when {{ plausible_kwh }} is not null
                then case when {{ kwh }} > {{ plausible_kwh }} then {{ 2 ** hour }} else 0 end
            when
                {{ kwh }} > {{ var('spike_min_kwh') }}
                and (
                    cast({{ kwh }} as double) > {{ factor }} * cast(
                        {{ 'greatest(' ~ neighbours | join(', ') ~ ')' if neighbours | length > 1 else neighbours[0] }}
                        as double
                    )
                    or (
                        bit_count({{ running_hours }} & ~{{ 2 ** hour }}) >= {{ var('spike_min_other_hours') }}
                        and cast({{ kwh }} as double) * bit_count({{ running_hours }} & ~{{ 2 ** hour }}) > {{ factor }} * cast(
                            {{ running_kwh }} - case when ({{ running_hours }} & {{ 2 ** hour }}) > 0 then {{ kwh }} else 0 end
                            as double
                        )
                    )
                )
                then {{ 2 ** hour }}
            else 0
        end{{ ' +' if not loop.last }}
    {%- endfor %}
{%- endmacro -%}
