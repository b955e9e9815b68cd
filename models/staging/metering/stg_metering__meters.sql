{#- what is fed into a feeder is nobody's bill -#}
{%- set is_of_a_customer = "lower(consumer_type) is distinct from 'feeder'" -%}

with source as (

    select * from {{ source('raw_metering', 'meters') }}

),

accounts as (

    select account_id from {{ ref('stg_crm__accounts') }}
    where is_accepted
    group by account_id

),

-- an account that only a bill names becomes a stub
invoiced_accounts as (

    select account_id from {{ ref('stg_billing__invoices') }}
    where is_accepted
    group by account_id

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

fed as (

    select entity_key from {{ ref('stg_cdc__change_events') }}
    where is_accepted and op is not null and source_table = 'raw_metering.meters'
    group by entity_key

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('meter_id'),
            'negative_load': 'connected_load_kw < 0',
            'load_out_of_range': is_beyond('max_quantity', ['connected_load_kw'])
        }) }} as row_reasons
    from source

),

ranked as (

    {{ rank_within_key(
        'meter_id',
        [
            'meter_number', 'account_id', 'consumer_type', 'rate_schedule', 'district', 'feeder',
            'connected_load_kw', 'status', 'installed_on'
        ],
        source('raw_metering', 'meters'), version='updated_at'
    ) }}

),

-- a number that stands on meters of several accounts answers for one of them alone
claims as (

    select
        coalesce(meter_number, meter_id) as claimed_number,
        min(account_id) != max(account_id) as is_claimed_twice
    from ranked
    where row_reasons is null and key_rank = 1
    group by coalesce(meter_number, meter_id)

),

claimed as (

    select
        ranked.*,
        accounts.account_id is not null or invoiced_accounts.account_id is not null as has_account,
        coalesce(claims.is_claimed_twice and ranked.key_rank = 1, false) as is_claimed_twice
    from ranked
    left join accounts
        on ranked.account_id = accounts.account_id
    left join invoiced_accounts
        on ranked.account_id = invoiced_accounts.account_id
    left join claims
        on coalesce(ranked.meter_number, ranked.meter_id) = claims.claimed_number

),

-- a status that neither the change feed nor a date explains
dated as (

    select
        claimed.*,
        claimed.updated_at is null
        and fed.entity_key is null
        and not coalesce(batches.has_status_throughout, false) as is_status_undated
    from claimed
    left join fed
        on claimed.meter_id = fed.entity_key
    left join batches
        on claimed._batch_no = batches.batch_no

),

final as (

    select
        -- ids
        meter_id,
        coalesce(meter_number, meter_id) as meter_number,
        account_id,

        -- attributes
        consumer_type,
        rate_schedule,
        district,
        feeder,
        connected_load_kw,
        {{ status_of('status') }} as status,

        -- dates
        installed_on,
        updated_at,

        -- flags
        {{ alerts({
            'no_account': 'account_id is null and ' ~ is_of_a_customer,
            'unknown_account': 'account_id is not null and not has_account',
            'no_rate_schedule': 'rate_schedule is null and ' ~ is_of_a_customer,
            'number_of_several_accounts': 'is_claimed_twice and ' ~ is_of_a_customer,
            'undated_status': 'is_status_undated and ' ~ is_cut_off(status_of('status'))
        }, [unknown_status('status')]) }} as alerts,

        {{ verdict('meter_id') }}
    from dated

)

select * from final
