{#- The order of change events, for whoever derives a history from them. Sequence decides within an entity, whatever the
    clock: what holds on a day is the event of the highest sequence dated up to it. So `is_last_of_day` is the event that
    an entity's day ends with, and false for all of a day that an event of an earlier date has already overtaken. Events
    without a sequence go by the clock. `sequence_number` counts from an entity's first event. -#}
{%- macro in_sequence(events) -%}
    select
        *,
        row_number() over (
            partition by source_table, entity_key
            order by source_seq nulls last, source_ts, event_id
        ) as sequence_number,
        row_number() over (
            partition by source_table, entity_key, changed_on
            order by source_seq desc nulls last, source_ts desc, event_id desc
        ) = 1
        and coalesce(
            source_seq >= max(source_seq) over (
                partition by source_table, entity_key
                order by changed_on
                range between unbounded preceding and current row
            ),
            true
        ) as is_last_of_day
    from {{ events }}
{%- endmacro -%}
