"""A clerk who charges smart-metered bills by hand: the tariff's rows, one slab after another, in decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    import duckdb

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Rule:
    """A row of the tariff."""

    schedule: str
    charge: str
    order: int
    width: Decimal | None
    rate: Decimal
    unit: str
    min_load: Decimal | None
    max_load: Decimal | None
    valid_from: date
    valid_to: date | None


def read_rules(con: duckdb.DuckDBPyConnection) -> list[Rule]:
    """Read the tariff of a world."""
    rows = con.execute(
        "select rate_schedule, charge_type, slab_order, slab_width_kwh, rate, rate_unit,"
        " min_load_kw, max_load_kw, valid_from, valid_to from raw_billing.tariffs"
    )
    return [Rule(*row) for row in rows.fetchall()]


def charge(
    rules: list[Rule], schedule: str, load: Decimal, kwh: Decimal, on: date
) -> dict[str, Decimal]:
    """Charge a bill, each charge to the cent."""
    held = [
        rule
        for rule in rules
        if rule.schedule == schedule
        and rule.valid_from <= on
        and (rule.valid_to is None or on <= rule.valid_to)
        and (rule.min_load is None or load >= rule.min_load)
        and (rule.max_load is None or load < rule.max_load)
    ]

    def of(kind: str) -> list[Rule]:
        return sorted((rule for rule in held if rule.charge == kind), key=lambda rule: rule.order)

    def only(kind: str) -> Rule:
        (rule,) = of(kind)
        return rule

    energy, left = Decimal(0), kwh
    for slab in of("energy"):
        part = left if slab.width is None else min(left, slab.width)
        energy += part * slab.rate
        left -= part
    assert left == 0
    energy = _cents(energy)
    fixed = only("fixed")
    fixed_amount = _cents(fixed.rate * (load if fixed.unit == "kw" else 1))
    return {
        "energy": energy,
        "fixed": fixed_amount,
        "tax": _cents((energy + fixed_amount) * only("tax").rate / 100),
        "duty": _cents(energy * only("duty").rate / 100),
        "fee": _cents(only("fee").rate),
    }


def read_bills(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Read all bills with their lines, what they are about and what is known to be wrong with them."""
    found = con.execute("""
        with fed as (
            select entity_key, source_ts, after->>'rate_schedule' as schedule,
                cast(after->>'connected_load_kw' as decimal(18, 3)) as load
            from raw_cdc.change_events where source_table = 'raw_metering.meters' and op <> 'd'
        ), used as (
            select account_id, month, sum(registered_kwh) as kwh
            from ground_truth.meter_months join raw_metering.meters using (meter_id)
            group by all
        )
        select
            i.invoice_id, i.account_id, i.period_start, i.period_end, i.amount,
            f.load, f.schedule, u.kwh as registered,
            (select quantity from raw_billing.invoice_line_items as l
             where l.invoice_id = i.invoice_id and charge_type = 'energy') as kwh,
            (select map(list(charge_type), list(l.amount)) from raw_billing.invoice_line_items as l
             where l.invoice_id = i.invoice_id) as lines,
            t.rule, t.amount as truth
        from raw_billing.invoices as i
        join raw_metering.meters as m on i.meter_number = m.meter_number
        join used as u on u.account_id = i.account_id and u.month = i.period_start
        asof join fed as f
            on m.meter_id = f.entity_key and i.period_end >= f.source_ts::date
        left join ground_truth.faults as t
            on t.entity_id = i.invoice_id and t.cause = 'injected'
        order by i.invoice_id
    """)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
