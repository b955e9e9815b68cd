-- What the rules found, compared with the hidden truth. One model, though long, because only a
-- scorecard may read the truth: no step of it can be moved elsewhere.

with found as (

    select * from {{ ref('int_detections') }}

),

truth as (

    select * from {{ ref('stg_ground_truth__faults') }}

),

rules as (

    select * from {{ ref('int_scored_rules') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}
    where is_simulated

),

-- only what can be seen on the as-of date counts; what will be seen later is counted separately
truth_by_case as (

    select
        truth.rule,
        truth.entity_type,
        truth.entity_id,
        case when rules.is_scored_by_period then truth.period_start end as scored_period,
        bool_or(
            truth.observable_from <= as_of.as_of_date
            and coalesce(truth.ends_on > as_of.as_of_date, true)
        ) as is_observable,
        -- a fault that ends before its rule could see it never becomes observable
        bool_and(truth.observable_from > as_of.as_of_date)
        and bool_or(coalesce(truth.ends_on > truth.observable_from, true))
            as is_not_yet_observable,
        max(
            case
                when
                    truth.observable_from <= as_of.as_of_date
                    and coalesce(truth.ends_on > as_of.as_of_date, true)
                    then truth.amount
            end
        ) as amount,
        max(truth.currency) as currency
    from truth
    inner join rules
        on truth.rule = rules.rule
    cross join as_of
    group by
        truth.rule,
        truth.entity_type,
        truth.entity_id,
        case when rules.is_scored_by_period then truth.period_start end

),

compared as (

    select
        coalesce(found.rule, truth_by_case.rule) as rule,
        found.rule is not null and coalesce(truth_by_case.is_observable, false)
            as is_true_positive,
        found.rule is not null and not coalesce(truth_by_case.is_observable, false)
            as is_false_positive,
        found.rule is null and truth_by_case.is_observable as is_false_negative,
        coalesce(truth_by_case.is_not_yet_observable, false) as is_not_yet_observable,
        truth_by_case.is_observable
        and found.is_amount_exact
        and (
            found.amount is distinct from truth_by_case.amount
            or coalesce(found.currency != truth_by_case.currency, false)
        ) as has_wrong_amount
    from found
    full outer join truth_by_case
        on
        found.rule = truth_by_case.rule
        and found.entity_type = truth_by_case.entity_type
        and found.entity_id = truth_by_case.entity_id
        and found.scored_period is not distinct from truth_by_case.scored_period

),

counted as (

    select
        rules.rule,
        rules.has_exact_signature,
        count(*) filter (where compared.is_true_positive) as true_positives,
        -- a statistical rule that sees a fault before its day has not seen what is not there
        count(*) filter (
            where
            compared.is_false_positive
            and (rules.has_exact_signature or not compared.is_not_yet_observable)
        ) as false_positives,
        count(*) filter (where compared.is_false_negative) as false_negatives,
        count(*) filter (where compared.is_not_yet_observable) as not_yet_observable,
        count(*) filter (where compared.is_true_positive and compared.has_wrong_amount)
            as wrong_amounts
    from rules
    cross join as_of
    left join compared
        on rules.rule = compared.rule
    group by rules.rule, rules.has_exact_signature

),

final as (

    select
        rule,
        true_positives,
        false_positives,
        false_negatives,
        not_yet_observable,
        cast(
            cast(true_positives as decimal(18, 6))
            / nullif(true_positives + false_positives, 0) as decimal(9, 6)
        ) as precision,
        cast(
            cast(true_positives as decimal(18, 6))
            / nullif(true_positives + false_negatives, 0) as decimal(9, 6)
        ) as recall,
        wrong_amounts,
        has_exact_signature
    from counted

)

select * from final
