"""Facts of trade credit as rows of the raw tables.

A fact arrives in the month of its date. Disputes and service requests arrive when they are opened and again when
they are resolved, which replaces the earlier row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.months import NEVER, SECONDS_PER_DAY
from seeders.simulation.trade.account_rows import account_ids, currencies, customer_ids
from seeders.simulation.trade.accounts import METHODS
from seeders.simulation.trade.catalogue import CATEGORIES, CURRENCIES
from seeders.simulation.trade.facts import NO_INVOICE, REASONS, named
from seeders.simulation.trade.open_item import CATEGORIES as COMPLAINTS
from seeders.simulation.trade.open_item import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from seeders.simulation.batches import Batches
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.trade.catalogue import Catalogue
    from seeders.simulation.trade.history import History
    from seeders.writer import Appender

_Rows = dict[str, pa.Array]


@dataclass(frozen=True)
class FactWriter:
    """Writes the facts of a run of accounts that arrive after the first `passed` months."""

    appender: Appender
    axis: MonthAxis
    batches: Batches
    history: History
    passed: int
    months: int

    def write(self) -> None:
        """Write all facts that arrive."""
        facts = self.history.facts
        invoices, lines, payments = facts.invoices, facts.lines, facts.payments
        refunds, notes, given_up = facts.refunds, facts.credit_notes, facts.write_offs
        issued_on = invoices.issued_on
        for table, days, rows in (
            ("raw_billing.invoices", issued_on, self._invoices),
            ("raw_billing.invoice_line_items", issued_on[lines.invoice], self._lines),
            ("raw_payments.payments", payments.paid_on, self._payments),
            (
                "raw_payments.payment_allocations",
                facts.allocations.allocated_on,
                self._allocations,
            ),
            ("raw_payments.refunds", refunds.refunded_on, self._refunds),
            ("raw_billing.credit_notes", notes.credited_on, self._credit_notes),
            ("raw_billing.write_offs", given_up.written_off_on, self._write_offs),
        ):
            self._append(table, days, rows)
        self._contracts()
        self._replace(
            "raw_payments.disputes",
            "dispute_id",
            facts.disputes.opened_on,
            facts.disputes.resolved_on,
            self._disputes,
        )
        seconds = np.int64(SECONDS_PER_DAY)
        self._replace(
            "raw_service.service_requests",
            "request_id",
            (facts.requests.opened_at // seconds).astype(np.int32),
            (facts.requests.resolved_at // seconds).astype(np.int32),
            self._requests,
        )

    @property
    def _since(self) -> int:
        return self.axis.first_day(self.passed)

    @property
    def _until(self) -> int:
        return self.axis.last_day(self.months - 1)

    def _append(
        self,
        table: str,
        days: NDArray[np.int32],
        rows_of: Callable[[NDArray[np.intp]], _Rows],
    ) -> None:
        rows = np.flatnonzero((days >= self._since) & (days <= self._until))
        if len(rows) > 0:
            booked = self.batches.columns(self.axis.month_of(days[rows]))
            self.appender.add(table, pa.record_batch({**rows_of(rows), **booked}))

    def _replace(
        self,
        table: str,
        key: str,
        opened_on: NDArray[np.int32],
        resolved_on: NDArray[np.int32],
        rows_of: Callable[[NDArray[np.intp]], _Rows],
    ) -> None:
        """Append rows that are opened or resolved, and delete those they replace."""
        changed_on = np.where(resolved_on <= self._until, resolved_on, opened_on)
        stale = np.flatnonzero((opened_on < self._since) & (changed_on >= self._since))
        if len(stale) > 0:
            self.appender.delete(table, pa.table({key: rows_of(stale)[key]}))
        self._append(table, changed_on.astype(np.int32), rows_of)

    def _currency(self, account: NDArray[np.intp]) -> pa.Array:
        return currencies(self.history.accounts.is_eur[account])

    def _account(self, account: NDArray[np.intp]) -> pa.Array:
        return account_ids(self.history.accounts.digits[account])

    def _invoice(self, invoice: NDArray[np.intp]) -> pa.Array:
        """Ids of invoices, null for `NOBODY`."""
        stem = self.history.facts.invoices.stem
        if len(stem) == 0:
            return pa.nulls(len(invoice), pa.string())
        names = columns.text(named("J", stem[invoice]))
        is_none = invoice == NO_INVOICE
        if not is_none.any():
            return names
        return pa.array(np.where(is_none, None, names.to_numpy(zero_copy_only=False)), pa.string())

    def _invoices(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.invoices.select(rows)
        return {
            "invoice_id": columns.text(these.name),
            "account_id": self._account(these.account),
            "invoice_date": columns.days(these.issued_on),
            "due_date": columns.days(these.due_on),
            "amount": columns.money(these.cents),
            "currency": self._currency(these.account),
        }

    def _lines(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.lines.select(rows)
        return {
            "line_item_id": columns.text(these.name),
            "invoice_id": columns.text(named("J", these.stem)),
            "charge_type": columns.constant("item", len(rows)),
            "sku_id": sku_ids(these.sku),
            "quantity": pa.array(these.quantity),
            "unit_price": columns.money(these.unit_cents),
            "amount": columns.money(these.cents),
        }

    def _payments(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.payments.select(rows)
        return {
            "payment_id": columns.text(these.name),
            "account_id": self._account(these.account),
            "invoice_id": self._invoice(these.invoice),
            "payment_date": columns.days(these.paid_on),
            "amount_paid": columns.money(these.cents),
            "currency": currencies(these.is_eur),
            "method": columns.choice(METHODS, self.history.accounts.method[these.account]),
        }

    def _allocations(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.allocations.select(rows)
        return {
            "allocation_id": columns.text(these.name),
            "payment_id": columns.text(self.history.facts.payments.name[these.payment]),
            "invoice_id": self._invoice(these.invoice),
            "allocated_on": columns.days(these.allocated_on),
            "amount": columns.money(these.cents),
        }

    def _refunds(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.refunds.select(rows)
        return {
            "refund_id": columns.text(these.name),
            "payment_id": columns.text(self.history.facts.payments.name[these.payment]),
            "refund_date": columns.days(these.refunded_on),
            "amount": columns.money(these.cents),
            "kind": columns.choice(("refund", "chargeback"), these.kind),
        }

    def _credit_notes(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.credit_notes.select(rows)
        return {
            "credit_note_id": columns.text(these.name),
            "invoice_id": self._invoice(these.invoice),
            "account_id": self._account(self.history.facts.invoices.account[these.invoice]),
            "credit_date": columns.days(these.credited_on),
            "amount": columns.money(these.cents),
            "reason": columns.choice(REASONS, these.reason),
        }

    def _write_offs(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.write_offs.select(rows)
        return {
            "write_off_id": columns.text(these.name),
            "invoice_id": self._invoice(these.invoice),
            "account_id": self._account(these.account),
            "written_off_on": columns.days(these.written_off_on),
            "reason": columns.constant("account closed", len(rows)),
        }

    def _disputes(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.disputes.select(rows)
        return {
            "dispute_id": columns.text(these.name),
            "invoice_id": self._invoice(these.invoice),
            "opened_on": columns.days(these.opened_on),
            "resolved_on": columns.days(
                np.where(these.resolved_on <= self._until, these.resolved_on, NEVER)
            ),
            "amount": columns.money(these.cents),
        }

    def _requests(self, rows: NDArray[np.intp]) -> _Rows:
        these = self.history.facts.requests.select(rows)
        ends = np.int64(self._until + 1) * SECONDS_PER_DAY
        resolved = columns.timestamps(these.resolved_at).to_numpy(zero_copy_only=False)
        return {
            "request_id": columns.text(these.name),
            "customer_id": customer_ids(self.history.accounts.digits[these.account]),
            "account_id": self._account(these.account),
            "category": columns.choice(COMPLAINTS, these.category),
            "priority": columns.choice(PRIORITIES, these.priority),
            "opened_at": columns.timestamps(these.opened_at),
            "first_response_at": columns.timestamps(these.responded_at),
            "resolved_at": pa.array(resolved, mask=these.resolved_at >= ends),
            "reopened_count": pa.array(np.zeros(len(rows), dtype=np.int32)),
        }

    def _contracts(self) -> None:
        """Append agreed prices; those older than the first month arrive with its batch."""
        contracts, digits = self.history.contracts, self.history.accounts.digits
        for slot in range(contracts.sku.shape[1]):
            begins, ends = contracts.begins_on[:, slot], contracts.ends_on[:, slot]

            def rows_of(
                rows: NDArray[np.intp],
                slot: int = slot,
                begins: NDArray[np.int32] = begins,
                ends: NDArray[np.int32] = ends,
            ) -> _Rows:
                return {
                    "contract_id": columns.text(named("K", digits[rows], slot + 1)),
                    "account_id": account_ids(digits[rows]),
                    "sku_id": sku_ids(contracts.sku[rows, slot]),
                    "unit_price": columns.money(contracts.cents[rows, slot]),
                    "started_on": columns.days(begins[rows]),
                    "ended_on": columns.days(ends[rows]),
                }

            self._append("raw_billing.contracts", begins, rows_of)


def catalogue_rows(
    catalogue: Catalogue, axis: MonthAxis, batches: Batches, passed: int, months: int
) -> Sequence[tuple[str, pa.RecordBatch]]:
    """Return articles with the first batch, and each year's price list with the batch of its January.

    Args:
        catalogue: What is sold.
        axis: The months of the line.
        batches: Its batches.
        passed: How many months have been written already.
        months: How many months there are afterwards.

    Returns:
        Names of raw tables with their rows.
    """
    sku = np.arange(catalogue.config.skus)
    found: list[tuple[str, pa.RecordBatch]] = []
    if passed == 0:
        name = [f"{CATEGORIES[c]} article {n:04d}" for n, c in enumerate(catalogue.category, 1)]
        rows = {
            "sku_id": sku_ids(sku),
            "sku_name": pa.array(name),
            "category": columns.choice(CATEGORIES, catalogue.category),
            "unit_price": columns.money(catalogue.list_cents),
            "unit_cost": columns.money(catalogue.cost_cents),
        }
        booked = batches.columns(np.zeros(len(sku), dtype=np.int32))
        found.append(("raw_billing.skus", pa.record_batch({**rows, **booked})))
    for year in range(axis.first_month.year, _year(axis, months - 1) + 1):
        first_day, last_day = _day(year, 1), _day(year + 1, 1) - 1
        month = max(0, int(axis.month_of(np.array([first_day], dtype=np.int32))[0]))
        if not passed <= month < months:
            continue
        for currency, cents in zip(CURRENCIES, catalogue.price_list(year), strict=True):
            rows = {
                "sku_id": sku_ids(sku),
                "unit_price": columns.money(cents),
                "currency": columns.constant(currency, len(sku)),
                "valid_from": columns.days(np.full(len(sku), first_day, dtype=np.int32)),
                "valid_to": columns.days(np.full(len(sku), last_day, dtype=np.int32)),
            }
            booked = batches.columns(np.full(len(sku), month, dtype=np.int32))
            found.append(("raw_billing.price_books", pa.record_batch({**rows, **booked})))
    return found


def sku_ids(sku: NDArray[np.integer]) -> pa.StringArray:
    """Return the ids of articles, given by position."""
    return columns.around("SKU", columns.digits(sku.astype(np.int64) + 1, 4))


def _year(axis: MonthAxis, month: int) -> int:
    return axis.first_month.year + (axis.first_month.month - 1 + month) // 12


def _day(year: int, month: int) -> int:
    return int(np.datetime64(f"{year}-{month:02d}-01", "D").astype(np.int64))
