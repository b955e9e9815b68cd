with events as (

    select * from {{ ref('stg_cdc__change_events') }}
    where is_accepted and op in ('c', 'u') and source_table = 'raw_crm.accounts'

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

ordered as (

    {{ in_sequence('events') }}

),

images as (

    select
        entity_key as account_id,
        op,
        changed_on,
        try_cast({{ json_text('before', 'credit_limit') }} as decimal(18, 2)) as limit_before,
        try_cast({{ json_text('after', 'credit_limit') }} as decimal(18, 2)) as limit_after,
        sequence_number,
        is_last_of_day
    from ordered

),

-- where the feed's row images carry no limit, the account's own row has it
carried as (

    select account_id
    from images
    group by account_id
    having count(limit_before) + count(limit_after) > 0

),

-- a change counts from the next day; before the first event, the value it replaced or set applies
changes as (

    select
        images.account_id,
        {{ day_number('images.changed_on') }} + 1 as known_from_day,
        images.limit_after as credit_limit
    from images
    inner join carried
        on images.account_id = carried.account_id
    where images.is_last_of_day

    union all

    select
        images.account_id,
        {{ day_number(beginning_of_time()) }} as known_from_day,
        case when images.op = 'c' then images.limit_after else images.limit_before end
            as credit_limit
    from images
    inner join carried
        on images.account_id = carried.account_id
    where images.sequence_number = 1

    union all

    select
        accounts.account_id,
        {{ day_number(beginning_of_time()) }} as known_from_day,
        accounts.credit_limit
    from accounts
    left join carried
        on accounts.account_id = carried.account_id
    where carried.account_id is null and accounts.credit_limit is not null

),

final as (

    select
        account_id,
        known_from_day,
        coalesce(
            lead(known_from_day) over (partition by account_id order by known_from_day),
            {{ day_number(end_of_time()) }}
        ) as known_to_day,
        cast(credit_limit as decimal(18, 2)) as credit_limit
    from changes

)

select * from final
