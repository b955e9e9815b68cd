{#- A value after each event of an ordered array, worked out from the value before it: the results in an array that
    begins with 0, before all events. `step` is written on the words `state`, the value before, and `event`. -#}
{%- macro running_fold(events, step) -%}
    {{ return(adapter.dispatch('running_fold', 'revenue_assurance')(events, step)) }}
{%- endmacro -%}

{%- macro default__running_fold(events, step) -%}
    aggregate(
        {{ events }},
        array(cast(0 as bigint)),
        (states, event) -> concat(
            states, array(cast({{ step | replace('state', 'element_at(states, -1)') }} as bigint))
        )
    )
{%- endmacro -%}

{%- macro duckdb__running_fold(events, step) -%}
    list_reduce(
        {{ events }},
        lambda states, event: list_append(
            states, cast({{ step | replace('state', 'states[-1]') }} as bigint)
        ),
        [cast(0 as bigint)]
    )
{%- endmacro -%}
