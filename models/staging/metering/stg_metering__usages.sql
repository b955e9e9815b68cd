-- Usage may name its account, its meter or both. Long, because whose it is has to be known before
-- it can be judged, and a row's whole verdict stands in one model.

with source as (

    select * from {{ source('raw_metering', 'usages') }}

),

meters as (

    select * from {{ ref('stg_metering__meters') }}
    where is_accepted

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

-- whose a number is can be told where all meters of the number agree
numbered_meters as (

    select
        meter_number,
        min(account_id) as account_id
    from meters
    group by meter_number
    having coalesce(min(account_id) = max(account_id), true)

),

only_meters as (

    select
        account_id,
        min(meter_number) as meter_number
    from meters
    where account_id is not null
    group by account_id
    having count(*) = 1

),

-- an account that only a bill names becomes a stub, so usage may be metered for it
invoiced_accounts as (

    select account_id from invoices
    group by account_id

),

owned as (

    select
        source.*,
        numbered_meters.account_id as meter_account_id,
        coalesce(source.account_id, numbered_meters.account_id) as metered_account_id
    from source
    left join numbered_meters
        on source.meter_number = numbered_meters.meter_number

),

resolved as (

    select
        owned.*,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        coalesce(owned.meter_number, only_meters.meter_number) as read_meter_number,
        owned.cycle_end > batches.as_of_date as is_dated_after_extract
    from owned
    left join only_meters
        on owned.metered_account_id = only_meters.account_id
    left join accounts
        on owned.metered_account_id = accounts.account_id
    left join invoiced_accounts
        on owned.metered_account_id = invoiced_accounts.account_id
    left join batches
        on owned._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('usage_id'),
            'missing_account': 'metered_account_id is null',
            'unknown_account': 'metered_account_id is not null and not has_account',
            'missing_date':
                '(' ~ is_missing('cycle_start') ~ ') or (' ~ is_missing('cycle_end') ~ ')',
            'ends_before_start': 'cycle_end < cycle_start',
            'missing_usage': is_missing('usage_kwh'),
            'negative_usage': 'usage_kwh < 0',
            'usage_out_of_range': is_beyond('max_quantity', ['usage_kwh', 'peak_demand_kw'])
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'usage_id',
        [
            'account_id', 'meter_number', 'cycle_start', 'cycle_end', 'usage_kwh', 'peak_demand_kw'
        ],
        source('raw_metering', 'usages')
    ) }}

),

final as (

    select
        -- ids
        usage_id,
        metered_account_id as account_id,
        read_meter_number as meter_number,

        -- amounts
        usage_kwh,
        peak_demand_kw,

        -- dates
        cycle_start,
        cycle_end,

        -- flags
        {{ alerts({
            'other_accounts_meter': 'metered_account_id != meter_account_id',
            'dated_after_extract': 'is_dated_after_extract',
            'negative_demand': 'peak_demand_kw < 0'
        }) }} as alerts,

        {{ verdict('usage_id') }}
    from ranked

)

select * from final
