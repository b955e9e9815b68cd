"""How open-item accounts pay: by invoice, in parts, too much, several at once, or not at all.

The outcome of an invoice is drawn when it is issued. Returns and disputes concern balance-forward accounts, too; how
those pay is in `balance_forward`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.months import NEVER, SECONDS_PER_DAY
from seeders.simulation.trade import facts as kinds
from seeders.simulation.trade import inject
from seeders.simulation.trade.behaviour import late_probability, pays_badly
from seeders.simulation.trade.facts import (
    COPY,
    NATURAL,
    NO_INVOICE,
    STRAY,
    Allocations,
    CreditNotes,
    Disputes,
    Invoices,
    Payments,
    Refunds,
    Requests,
    WriteOffs,
    named,
    stems,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import PolicyConfig, SimulationConfig, TradeConfig
    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.context import Context
    from seeders.simulation.trade.draws import OrderDraws
    from seeders.simulation.trade.facts import StatusDays

ORDINARY, UNPAID, PARTIAL, OVERPAID, CHARGED_BACK, RETURNED, DISPUTED = range(7)
CATEGORIES: Final = ("Delivery", "Billing", "Product quality")
PRIORITIES: Final = ("Low", "Normal", "High")

_EARLY_PART: Final = 6
"""Payments on time arrive in the last sixth of the payment terms."""

_WEEK: Final = 7
_APART_DAYS: Final = 10
"""A customer's payments of the same invoice are at least this many days apart."""

_EURO_PER_DOLLAR: Final = 0.92
_COPY_PAID_SHARE: Final = 0.4
_THIRD_SHARE: Final = 0.3
_TROUBLED: Final = 0.25
_COMPLAINS_MORE: Final = 4.0
_COMPLAINS_LESS: Final = 0.7
_WHOLE_ACCOUNT: Final = 9_999


@dataclass(frozen=True)
class Outcomes:
    """What becomes of m invoices; days are `NEVER` for events that do not happen.

    Attributes:
        kind: `ORDINARY`, or what happens instead.
        is_refused: Whether its account pays nothing at the time.
        is_late: Whether the customer chooses to pay it late.
        paid_on: Day of the first payment.
        credited_on: Day of the credit note for a return or a dispute.
        credit_cents: Its amount.
        disputed_on: Day a dispute is opened.
        resolved_on: Day it is resolved.
    """

    kind: NDArray[np.int8]
    is_refused: NDArray[np.bool_]
    is_late: NDArray[np.bool_]
    paid_on: NDArray[np.int32]
    credited_on: NDArray[np.int32]
    credit_cents: NDArray[np.int64]
    disputed_on: NDArray[np.int32]
    resolved_on: NDArray[np.int32]


def draw_outcomes(
    context: Context,
    accounts: Accounts,
    status_days: StatusDays,
    invoices: Invoices,
    draws: OrderDraws,
) -> Outcomes:
    """Draw what becomes of invoices.

    Args:
        context: How customers pay.
        accounts: The run of accounts.
        status_days: When accounts pay nothing.
        invoices: m invoices.
        draws: The draws of their orders.

    Returns:
        Their outcomes; duplicates and bills after closure are handled elsewhere.
    """
    config = context.trade
    account, issued_on, due_on = invoices.account, invoices.issued_on, invoices.due_on
    is_natural = invoices.kind == NATURAL
    is_refused = (
        is_natural
        & (status_days.unpaid_from[account] <= issued_on)
        & (issued_on < status_days.suspended_on[account])
    )
    outcome = np.where(is_natural & ~is_refused, _outcome(config, draws), ORDINARY)
    is_goods = np.isin(outcome, (RETURNED, DISPUTED))
    outcome = np.where(accounts.is_balance_forward[account] & ~is_goods, ORDINARY, outcome)

    likely = late_probability(context, accounts, account, issued_on, invoices.cents)
    is_late = draws("pay.late") < likely
    share = draws("pay.day")
    early = due_on - (share * (accounts.terms[account] // _EARLY_PART + 1)).astype(np.int32)
    power = np.where(pays_badly(accounts, account, issued_on), 0.7, 1.5)
    late = due_on + 1 + (share**power * config.late_max_days).astype(np.int32)
    paid_on = np.where(is_late, late, early)

    disputed_on = issued_on + draws.days("dispute.opened", 3, 18)
    resolved_on = disputed_on + draws.days("dispute.resolved", 10, 45)
    is_disputed = outcome == DISPUTED
    paid_on = np.where(
        is_disputed, np.maximum(paid_on, resolved_on + draws.days("dispute.paid", 1, 10)), paid_on
    )
    after = draws.happens("return.after", config.return_after_payment_share)
    wait = np.maximum(paid_on - issued_on - 1, 1)
    returned_on = np.where(
        after,
        paid_on + draws.days("return.late", 3, 30),
        issued_on + 1 + (draws("return.early") * wait).astype(np.int32),
    )
    is_credited = is_disputed & draws.happens("dispute.credited", config.dispute_credit_share)
    part = 0.05 + 0.4 * draws("credit.part")
    has_credit = is_credited | (outcome == RETURNED)
    paid_on = np.where(is_refused, status_days.reinstated_on[account], paid_on)
    return Outcomes(
        kind=outcome.astype(np.int8),
        is_refused=is_refused,
        is_late=is_late,
        paid_on=np.where(is_natural & (outcome != UNPAID), paid_on, NEVER).astype(np.int32),
        credited_on=np.select(
            [is_credited, outcome == RETURNED], [resolved_on, returned_on], NEVER
        ).astype(np.int32),
        credit_cents=np.where(has_credit, np.maximum(np.rint(invoices.cents * part), 1), 0).astype(
            np.int64
        ),
        disputed_on=np.where(is_disputed, disputed_on, NEVER).astype(np.int32),
        resolved_on=np.where(is_disputed, resolved_on, NEVER).astype(np.int32),
    )


def credit_notes(
    config: TradeConfig, invoices: Invoices, outcomes: Outcomes, draws: OrderDraws
) -> CreditNotes:
    """Return the credit notes: for returns, disputes, and some invoices that should not exist.

    Args:
        config: How many faults are noticed.
        invoices: m invoices.
        outcomes: What becomes of them.
        draws: The draws of their orders.

    Returns:
        At most one for each invoice.
    """
    is_copy, is_stray = invoices.kind == COPY, invoices.kind == STRAY
    noticed = (
        is_copy & draws.happens("copy.credited", config.duplicate_invoice_credited_share)
    ) | (is_stray & draws.happens("stray.credited", config.billed_after_cancel_credited_share))
    credited_on = np.where(
        noticed, invoices.issued_on + draws.days("fault.credited", 5, 50), outcomes.credited_on
    )
    reason = np.select(
        [is_copy, is_stray, outcomes.kind == DISPUTED],
        [kinds.DUPLICATE, kinds.AFTER_CLOSURE, kinds.RESOLVED],
        kinds.RETURN,
    )
    rows = np.flatnonzero(credited_on < NEVER)
    return CreditNotes(
        name=named("N", invoices.stem[rows], 1),
        invoice=rows,
        credited_on=credited_on[rows].astype(np.int32),
        cents=np.where(noticed, invoices.cents, outcomes.credit_cents)[rows],
        reason=reason[rows].astype(np.int8),
    )


@dataclass(frozen=True)
class OpenItemPayments:
    """What the payments of open-item accounts follow from."""

    whole: SimulationConfig
    accounts: Accounts
    invoices: Invoices
    outcomes: Outcomes
    draws: OrderDraws
    fault: NDArray[np.int8]

    @property
    def config(self) -> TradeConfig:
        """How customers pay."""
        return self.whole.trade

    @property
    def policy(self) -> PolicyConfig:
        """The thresholds of the rules, such as the days within which an equal payment is a duplicate."""
        return self.whole.policy

    def payments(self) -> tuple[Payments, Allocations, Refunds]:
        """Return payments, their allocations, and what of them is refunded or charged back.

        Returns:
            The payments that name an invoice, followed by those with allocations; refunds and
            allocations refer to them by position.
        """
        is_foreign = self._is_plain & (self.fault == inject.WRONG_CURRENCY)
        first = self._first(is_foreign)
        rest, third = self._rests()
        again_rows, again_on, taken_back_on = self._chargebacks()
        again = self._named(again_rows, again_on, self.invoices.cents[again_rows], 2)
        copies, copy_refunded_on = self._copies()
        paid_copies = self._paid_copies()
        pooled, allocations = self._pooled()
        parts = [first, rest, third, again, copies, paid_copies, pooled]
        begins = np.cumsum([0] + [len(part.account) for part in parts])

        over = np.flatnonzero(self.outcomes.kind[first.invoice] == OVERPAID)
        over_rows = first.invoice[over]
        over_on = first.paid_on[over] + self.draws.days("over.refunded_after", 5, 40)[over_rows]
        over_back = self.draws.happens("over.refunded", self.config.overpaid_refund_share)
        refunds = [
            Refunds(
                name=named("X", self.invoices.stem[over_rows], 1),
                payment=over,
                refunded_on=np.where(over_back[over_rows], over_on, NEVER).astype(np.int32),
                cents=first.cents[over] - self.invoices.cents[over_rows],
                kind=np.full(len(over), kinds.REFUND, dtype=np.int8),
            ),
            self._chargeback_rows(first, taken_back_on),
            Refunds(
                name=named("X", self.invoices.stem[copies.invoice], 3),
                payment=begins[4] + np.arange(len(copies.invoice)),
                refunded_on=copy_refunded_on,
                cents=copies.cents,
                kind=np.full(len(copies.invoice), kinds.REFUND, dtype=np.int8),
            ),
        ]
        return (
            Payments.concatenate(parts),
            Allocations(
                name=allocations.name,
                payment=allocations.payment + begins[6],
                invoice=allocations.invoice,
                allocated_on=allocations.allocated_on,
                cents=allocations.cents,
            ),
            _that_happen(Refunds.concatenate(refunds)),
        )

    @property
    def _is_open_item(self) -> NDArray[np.bool_]:
        is_balance_forward = self.accounts.is_balance_forward[self.invoices.account]
        return np.asarray((self.invoices.kind == NATURAL) & ~is_balance_forward)

    @property
    def _is_pooled(self) -> NDArray[np.bool_]:
        """Paid together with others, without anything unusual."""
        return np.asarray(
            self._is_open_item
            & self.accounts.is_allocating[self.invoices.account]
            & (self.outcomes.kind == ORDINARY)
            & ~self.outcomes.is_refused
        )

    @property
    def _is_plain(self) -> NDArray[np.bool_]:
        """Paid in full by a payment that names it."""
        return np.asarray(
            self._is_open_item
            & ~self._is_pooled
            & ~self.outcomes.is_refused
            & (self.outcomes.kind == ORDINARY)
        )

    def _named(
        self,
        rows: NDArray[np.intp],
        paid_on: NDArray[np.int32],
        cents: NDArray[np.int64],
        slot: int,
        is_foreign: NDArray[np.bool_] | None = None,
    ) -> Payments:
        account = self.invoices.account[rows]
        is_eur = self.accounts.is_eur[account]
        happens = (paid_on < NEVER) & (cents > 0)
        return Payments(
            name=named("R", self.invoices.stem[rows], slot),
            account=account,
            invoice=rows,
            paid_on=paid_on.astype(np.int32),
            cents=cents,
            is_eur=is_eur if is_foreign is None else is_eur ^ is_foreign,
        ).select(happens)

    def _first(self, is_foreign: NDArray[np.bool_]) -> Payments:
        """The first payments, in another currency where that is the fault."""
        outcomes, invoices = self.outcomes, self.invoices
        rows = np.flatnonzero(self._is_open_item & ~self._is_pooled & (outcomes.paid_on < NEVER))
        is_before = outcomes.credited_on <= outcomes.paid_on
        due = invoices.cents - np.where(is_before, outcomes.credit_cents, 0)
        excess = np.maximum(np.rint(due * (0.005 + 0.1 * self.draws("over.part"))), 1)
        euros = self.accounts.is_eur[invoices.account]
        converted = np.rint(due * np.where(euros, 1 / _EURO_PER_DOLLAR, _EURO_PER_DOLLAR))
        cents = np.select(
            [is_foreign, outcomes.kind == PARTIAL, outcomes.kind == OVERPAID],
            [converted, self._part(due), due + excess],
            due,
        ).astype(np.int64)
        return self._named(rows, outcomes.paid_on[rows], cents[rows], 1, is_foreign[rows])

    def _part(self, cents: NDArray[np.int64]) -> NDArray[np.int64]:
        """The amount of a partial payment: at least a cent, and not all."""
        part = np.rint(cents * (0.3 + 0.65 * self.draws("partial.part"))).astype(np.int64)
        return np.clip(part, 1, np.maximum(cents - 1, 1))

    def _rests(self) -> tuple[Payments, Payments]:
        """The rest after a partial payment, in one or two payments."""
        outcomes, invoices, draws = self.outcomes, self.invoices, self.draws
        rows = np.flatnonzero(self._is_open_item & (outcomes.kind == PARTIAL))
        cents = invoices.cents[rows]
        rest = cents - self._part(invoices.cents)[rows]
        apart = max(_APART_DAYS, self.policy.duplicate_window_days + 1)
        follows = draws.happens("partial.rest", self.config.partial_rest_share)[rows]
        in_two = (draws.happens("partial.third", _THIRD_SHARE)[rows]) & (rest > 1)
        second_on = outcomes.paid_on[rows] + draws.days("partial.second", apart, 60)[rows]
        third_on = second_on + draws.days("partial.third_after", apart, 60)[rows]
        half = rest // 2
        return (
            self._named(
                rows,
                np.where(follows, second_on, NEVER).astype(np.int32),
                np.where(in_two, half, rest),
                2,
            ),
            self._named(
                rows,
                np.where(follows & in_two, third_on, NEVER).astype(np.int32),
                rest - half,
                3,
            ),
        )

    def _chargebacks(
        self,
    ) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.int32]]:
        """Which invoices have their payment charged back, when they are paid again, and when it is charged back."""
        outcomes, draws = self.outcomes, self.draws
        happens = self._is_open_item & (outcomes.kind == CHARGED_BACK)
        taken_back_on = np.where(
            happens, outcomes.paid_on + draws.days("chargeback.after", 5, 60), NEVER
        ).astype(np.int32)
        rows = np.flatnonzero(happens)
        apart = max(_APART_DAYS, self.policy.duplicate_window_days + 1)
        again_on = taken_back_on[rows] + draws.days("chargeback.again", apart, 40)[rows]
        repaid = draws.happens("chargeback.repaid", self.config.chargeback_repaid_share)[rows]
        return rows, np.where(repaid, again_on, NEVER).astype(np.int32), taken_back_on

    def _chargeback_rows(self, first: Payments, on_of_invoice: NDArray[np.int32]) -> Refunds:
        """Charge first payments back in full on the day of their invoice's chargeback."""
        taken_back_on = on_of_invoice[first.invoice]
        rows = np.flatnonzero(taken_back_on < NEVER)
        return Refunds(
            name=named("X", self.invoices.stem[first.invoice[rows]], 2),
            payment=rows,
            refunded_on=taken_back_on[rows],
            cents=first.cents[rows],
            kind=np.full(len(rows), kinds.CHARGEBACK, dtype=np.int8),
        )

    def _copies(self) -> tuple[Payments, NDArray[np.int32]]:
        """Duplicate payments, and when they are refunded."""
        draws = self.draws
        rows = np.flatnonzero(self._is_plain & (self.fault == inject.DUPLICATE_PAYMENT))
        delay = draws.days("fault.paid_again", 0, self.policy.duplicate_window_days)[rows]
        paid_on = self.outcomes.paid_on[rows] + delay
        back = draws.happens("fault.refunded", self.config.duplicate_payment_refunded_share)[rows]
        refunded_on = paid_on + draws.days("fault.refunded_after", 3, 40)[rows]
        slot = int(inject.PAYMENT_COPY, 36)
        copies = self._named(rows, paid_on, self.invoices.cents[rows], slot)
        return copies, np.where(back, refunded_on, NEVER).astype(np.int32)

    def _paid_copies(self) -> Payments:
        """Payments of duplicate invoices that some customers do not notice."""
        invoices, draws, config = self.invoices, self.draws, self.config
        paid = (
            (invoices.kind == COPY)
            & ~self.accounts.is_balance_forward[invoices.account]
            & ~draws.happens("copy.credited", config.duplicate_invoice_credited_share)
            & draws.happens("copy.paid", _COPY_PAID_SHARE)
        )
        rows = np.flatnonzero(paid)
        return self._named(rows, invoices.due_on[rows], invoices.cents[rows], 1)

    def _pooled(self) -> tuple[Payments, Allocations]:
        """Weekly payments of several invoices with their allocations, some of which are sent later."""
        invoices, draws = self.invoices, self.draws
        rows = np.flatnonzero(self._is_pooled & (self.outcomes.paid_on < NEVER))
        account, chosen_on = invoices.account[rows], self.outcomes.paid_on[rows]
        weekday = self.accounts.pay_day[account] % _WEEK
        paid_on = chosen_on - (chosen_on - weekday) % _WEEK
        _, first, payment = np.unique(
            account.astype(np.int64) * NEVER + paid_on, return_index=True, return_inverse=True
        )
        is_late = draws.happens("allocation.late", self.config.late_allocation_share)
        delay = np.where(is_late, draws.days("allocation.after", 1, 20), 0)[rows[first]]
        total = np.bincount(payment, invoices.cents[rows], minlength=len(first))
        pooled = Payments(
            name=named("R", invoices.stem[rows[first]], 1),
            account=account[first],
            invoice=np.full(len(first), NO_INVOICE, dtype=np.intp),
            paid_on=paid_on[first].astype(np.int32),
            cents=total.astype(np.int64),
            is_eur=self.accounts.is_eur[account[first]],
        )
        return pooled, Allocations(
            name=named("F", invoices.stem[rows], 1),
            payment=payment,
            invoice=rows,
            allocated_on=(paid_on + delay[payment]).astype(np.int32),
            cents=invoices.cents[rows],
        )


def write_offs(
    accounts: Accounts, status_days: StatusDays, invoices: Invoices, outcomes: Outcomes
) -> WriteOffs:
    """Write off what was never paid when an account is closed for it.

    Args:
        accounts: The run of accounts.
        status_days: When they close.
        invoices: m invoices.
        outcomes: What becomes of them.

    Returns:
        One for each unpaid invoice of an open-item account, and one for each balance-forward account.
    """
    account = invoices.account
    gone = (
        status_days.is_written_off[account]
        & ~accounts.is_balance_forward[account]
        & (outcomes.is_refused | (outcomes.kind == UNPAID))
    )
    rows = np.flatnonzero(gone)
    whole = np.flatnonzero(status_days.is_written_off & accounts.is_balance_forward)
    number = np.full(len(whole), _WHOLE_ACCOUNT)
    return WriteOffs(
        name=np.vstack(
            [
                named("V", invoices.stem[rows], 1),
                named("V", stems(accounts.digits[whole], number), 0),
            ]
        ),
        account=np.concatenate([account[rows], whole]),
        invoice=np.concatenate([rows, np.full(len(whole), NO_INVOICE, dtype=np.intp)]),
        written_off_on=np.concatenate(
            [status_days.closed_on[account[rows]], status_days.closed_on[whole]]
        ),
    )


def disputes(invoices: Invoices, outcomes: Outcomes) -> Disputes:
    """Return the disputes.

    Args:
        invoices: m invoices.
        outcomes: What becomes of them.

    Returns:
        One for each disputed invoice.
    """
    rows = np.flatnonzero(outcomes.disputed_on < NEVER)
    return Disputes(
        name=named("D", invoices.stem[rows], 1),
        invoice=rows,
        opened_on=outcomes.disputed_on[rows],
        resolved_on=outcomes.resolved_on[rows],
        cents=invoices.cents[rows],
    )


def requests(
    context: Context, accounts: Accounts, invoices: Invoices, outcomes: Outcomes, draws: OrderDraws
) -> Requests:
    """Return complaints about deliveries and invoices: more where payment is going to be late.

    Args:
        context: How many there are.
        accounts: The run of accounts.
        invoices: m invoices.
        outcomes: What becomes of them.
        draws: The draws of their orders.

    Returns:
        At most one for each invoice.
    """
    likely = late_probability(context, accounts, invoices.account, invoices.issued_on)
    is_troubled = outcomes.is_refused | (outcomes.kind == DISPUTED)
    is_troubled |= np.where(
        accounts.is_balance_forward[invoices.account], likely > _TROUBLED, outcomes.is_late
    )
    rate = context.trade.complaint_share * np.where(is_troubled, _COMPLAINS_MORE, _COMPLAINS_LESS)
    rows = np.flatnonzero((invoices.kind == NATURAL) & (draws("request") < rate))
    day = (invoices.issued_on + draws.days("request.after", 2, 12))[rows].astype(np.int64)
    # in office hours, answered the same day
    opened_at = day * SECONDS_PER_DAY + 28_800 + (draws("request.at")[rows] * 28_800).astype("i8")
    return Requests(
        name=named("U", invoices.stem[rows], 1),
        account=invoices.account[rows],
        category=(draws("request.category")[rows] * len(CATEGORIES)).astype(np.int8),
        priority=(draws("request.priority")[rows] * len(PRIORITIES)).astype(np.int8),
        opened_at=opened_at,
        responded_at=opened_at + 300 + (draws("request.response")[rows] * 18_000).astype("i8"),
        resolved_at=opened_at + SECONDS_PER_DAY * draws.days("request.resolved", 1, 20)[rows],
    )


def _outcome(config: TradeConfig, draws: OrderDraws) -> NDArray[np.int8]:
    shares = (
        config.unpaid_share,
        config.partial_share,
        config.overpaid_share,
        config.chargeback_share,
        config.return_share,
        config.dispute_share,
    )
    chosen = np.searchsorted(np.cumsum(shares), draws("outcome"), side="right") + 1
    return np.where(chosen > len(shares), ORDINARY, chosen).astype(np.int8)


def _that_happen(refunds: Refunds) -> Refunds:
    return refunds.select(refunds.refunded_on < NEVER)
