-- What had been billed by the day of closing: later charges and payments for them are not included.

with closures as (

    select * from {{ ref('int_closures') }}

),

settlement as (

    select * from {{ ref('int_invoice_settlement') }}

),

movements as (

    select * from {{ ref('int_cash_movements') }}
    where not {{ is_credit('cause') }}

),

billed as (

    select
        settlement.invoice_id,
        closures.account_id,
        closures.closed_on,
        settlement.written_off_amount
    from settlement
    inner join closures
        on
        settlement.account_id = closures.account_id
        and settlement.currency = closures.currency
        and settlement.invoice_date <= closures.closed_on

),

written_off as (

    select
        account_id,
        sum(written_off_amount) as written_off_amount
    from billed
    group by account_id

),

-- the check has not seen the money of its own day
recovered as (

    select
        billed.account_id,
        sum(movements.amount) as recovered_amount
    from billed
    inner join movements
        on
        billed.invoice_id = movements.invoice_id
        and billed.closed_on <= movements.movement_on
    group by billed.account_id

),

final as (

    select
        closures.account_id,
        closures.customer_id,
        closures.line_of_business,
        closures.currency,
        closures.closed_on,
        closures.invoice_id,
        closures.closing_balance,
        closures.penalty_score,
        coalesce(closures.closing_balance > 0, closures.recorded_is_bad_debt) as is_bad_debt,
        cast(coalesce(written_off.written_off_amount, 0) as decimal(18, 2))
            as written_off_amount,
        cast(coalesce(recovered.recovered_amount, 0) as decimal(18, 2)) as recovered_amount,
        closures.closed_by,
        closures.recorded_closed_on,
        closures.recorded_balance,
        closures.recorded_score,
        closures.recorded_is_bad_debt,
        closures.agrees_with_ledger
    from closures
    left join written_off
        on closures.account_id = written_off.account_id
    left join recovered
        on closures.account_id = recovered.account_id

)

select * from final
