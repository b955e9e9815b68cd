{#- The last day of a spell on which a billing date is still billed: a service cancelled or closed on its billing date is
    billed that day, one suspended or paused that day is not. -#}
{%- macro billable_through(next_status, next_changed_on) -%}
    case
        when {{ next_changed_on }} is null then {{ end_of_time() }}
        when {{ next_status }} in ('Active', 'Suspended', 'Trial', 'Paused', 'Pending', 'Disconnected')
            then {{ day_add(next_changed_on, -1) }}
        else {{ next_changed_on }}
    end
{%- endmacro -%}
