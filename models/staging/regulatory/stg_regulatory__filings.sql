with source as (

    select * from {{ source('raw_regulatory', 'filings') }}

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

resolved as (

    select
        source.*,
        source.filed_on is not null as is_filed,
        source.filed_on > batches.as_of_date as is_dated_after_extract
    from source
    left join batches
        on source._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('filing_id'),
            'missing_kind': is_missing('kind'),
            'missing_date': is_missing('due_on')
        }) }} as row_reasons
    from resolved

),

-- a filing that is reported again once it is filed replaces the one that was only due
ranked as (

    {{ rank_within_key(
        'filing_id',
        [
            'kind', 'period_start', 'period_end', 'due_on', 'filed_on'
        ],
        source('raw_regulatory', 'filings'), version='is_filed'
    ) }}

),

final as (

    select
        -- ids
        filing_id,

        -- attributes
        lower(trim(kind)) as filing_kind,

        -- dates
        period_start,
        period_end,
        due_on,
        filed_on,

        -- flags
        {{ alerts({
            'ends_before_start': 'period_end < period_start',
            'filed_before_period_end': 'filed_on < period_end',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('filing_id') }}
    from ranked

)

select * from final
