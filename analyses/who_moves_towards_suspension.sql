-- Whose penalty score has risen over the last three months, without service being suspended yet?
-- Those closest to suspension come first.

with scores as (

    select
        account_id,
        currency,
        month_end,
        penalty_score,
        delinquency_status,
        delinquent_streak,
        past_due_amount,
        coalesce(
            lag(penalty_score, 3) over (partition by account_id, currency order by month_end), 0
        ) as score_before
    from {{ ref('fct_account_months') }}

),

last_month as (

    select max(month_end) as month_end from {{ ref('fct_account_months') }}

)

select
    scores.account_id,
    scores.currency,
    scores.score_before,
    scores.penalty_score,
    scores.delinquent_streak,
    scores.past_due_amount
from scores
inner join last_month
    on scores.month_end = last_month.month_end
where
    scores.delinquency_status = 'Delinquent'
    and scores.penalty_score > scores.score_before
order by
    scores.currency asc,
    scores.penalty_score desc,
    scores.past_due_amount desc,
    scores.account_id asc
