-- A meter that is cut off measures nothing to charge for. Its status is known as it stands: cut off
-- since its row last changed, where the source says when, otherwise throughout the extract.

with invoices as (

    select
        *,
        coalesce(period_start, cast(date_trunc('month', invoice_date) as date)) as covers_from
    from {{ ref('int_invoices_unioned') }}
    where invoiced_amount > 0

),

meters as (

    select * from {{ ref('int_meters') }}

),

corrections as (

    select * from {{ ref('int_invoice_corrections') }}

),

-- a bill that names no meter is for the one its account has
only_meters as (

    select
        account_id,
        min(meter_number) as meter_number
    from meters
    where account_id is not null
    group by account_id
    having count(*) = 1

),

billed as (

    select
        invoices.*,
        coalesce(invoices.meter_number, only_meters.meter_number) as billed_meter_number
    from invoices
    left join only_meters
        on invoices.account_id = only_meters.account_id

),

-- a last bill for usage before the cut is owed
fired as (

    select
        billed.*,
        meters.status,
        meters.updated_on,
        greatest(
            billed.invoice_date, coalesce(meters.updated_on, billed.invoice_date)
        ) as first_seen_on,
        coalesce(corrections.charged_amount, billed.invoiced_amount) as charged_amount,
        corrections.credited_in_full_on
    from billed
    inner join meters
        on billed.billed_meter_number = meters.meter_number
    left join corrections
        on billed.invoice_id = corrections.invoice_id
    where
        meters.status in ('Suspended', 'Disconnected')
        and billed.covers_from >= coalesce(meters.updated_on, billed.covers_from)

),

final as (

    select
        'billed_while_disconnected' as rule,
        'invoice' as entity_type,
        invoice_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        covers_from as period_start,
        charged_amount as amount,
        currency,
        first_seen_on,
        credited_in_full_on as resolved_on,
        concat_ws(
            '; ',
            'meter ' || billed_meter_number || ' ' || lower(status),
            coalesce(
                'since ' || cast(updated_on as {{ dbt.type_string() }}), 'throughout the extract'
            ),
            'billed from ' || cast(covers_from as {{ dbt.type_string() }}),
            cast(invoiced_amount as {{ dbt.type_string() }}) || ' ' || currency
        ) as evidence
    from fired
    where
        first_seen_on <= {{ as_of_date() }}
        and coalesce(credited_in_full_on > first_seen_on, true)

)

select * from final
