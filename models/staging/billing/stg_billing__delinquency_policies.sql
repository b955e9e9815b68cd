with source as (

    select * from {{ source('raw_billing', 'delinquency_policies') }}

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

resolved as (

    select
        source.*,
        lower(trim(coalesce(source.line_of_business, batches.line_of_business)))
            as policy_line_of_business,
        lower(trim(source.step_name)) as policy_step_name
    from source
    left join batches
        on source._batch_no = batches.batch_no

),

-- a row with a penalty is a step of the penalty score, any other a step of dunning
judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('policy_id'),
            'missing_line_of_business': 'policy_line_of_business is null',
            'unknown_line_of_business':
                "policy_line_of_business not in ('subscription', 'utility', 'trade_credit')",
            'unknown_step':
                "penalty is not null and coalesce(policy_step_name, '')"
                ~ " not in ('minor', 'partial', 'major', 'full')",
            'missing_ratio': 'penalty is not null and ' ~ is_missing('min_ratio'),
            'ratio_out_of_range': 'min_ratio < 0 or min_ratio > 1',
            'penalty_out_of_range': 'penalty < 0 or penalty > 1000',
            'too_many_decimals': 'penalty != cast(penalty as decimal(18, 3))',
            'missing_threshold':
                'penalty is not null and (' ~ is_missing('suspend_score')
                ~ ' or ' ~ is_missing('close_score') ~ ')',
            'threshold_not_positive': 'suspend_score <= 0 or close_score <= 0',
            'threshold_out_of_range': is_beyond('max_rate', ['suspend_score', 'close_score'])
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'policy_id',
        [
            'line_of_business', 'step_order', 'step_name', 'min_unpaid_count',
            'min_unpaid_balance', 'min_days_unpaid', 'failure_code', 'min_ratio', 'penalty',
            'suspend_score', 'close_score', 'valid_from', 'valid_to'
        ],
        source('raw_billing', 'delinquency_policies')
    ) }}

),

final as (

    select
        -- ids
        policy_id,

        -- attributes
        policy_line_of_business as line_of_business,
        step_order,
        policy_step_name as step_name,
        min_unpaid_count,
        min_days_unpaid,
        failure_code,
        min_ratio,
        penalty,
        suspend_score,
        close_score,

        -- amounts
        min_unpaid_balance,

        -- dates
        valid_from,
        valid_to,

        -- flags
        {{ alerts({
            'ends_before_start': 'valid_to < valid_from',
            'closes_before_it_suspends': 'close_score < suspend_score'
        }) }} as alerts,

        {{ verdict('policy_id') }}
    from ranked

)

select * from final
