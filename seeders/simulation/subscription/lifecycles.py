"""The lifecycle of every customer, account and subscription, drawn once.

A lifecycle is drawn to its end from (seed, stream, customer), independently of how many months are simulated: a
longer simulation only adds months. Every kind of change happens at most once to an entity. Days are numbers since
1970-01-01, `NEVER` for changes that do not happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.columns import digits
from seeders.simulation.draws import waiting_days
from seeders.simulation.months import NEVER, MonthAxis, or_never
from seeders.simulation.subscription.plans import PLANS
from seeders.simulation.subscription.population import BASE, Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import SimulationConfig
    from seeders.streams import Streams

METHODS: Final = ("card", "bank_transfer", "direct_debit")
SEGMENTS: Final = ("Consumer", "Small business", "Mid-market", "Enterprise")
SLOTS: Final = 2
"""The most subscriptions of one customer."""

LIST_PRICE: Final = -1
"""In place of an agreed price: the subscription has the list price of its plan."""

_BASE_SPREAD_DAYS: Final = 730
_SECOND_AFTER_DAYS: Final = (30, 330)
_LEAD_PURGED_AFTER_DAYS: Final = (60, 240)
_CUSTOMER_DIGITS: Final = 7
_LONGEST_MONTH: Final = 31
_MOST_SEATS: Final = 5
_REBATE_STEPS: Final = 4
_REBATE_STEP_PERCENT: Final = 5


@dataclass(frozen=True)
class Customers:
    """n consecutive customers, each with one account.

    `unpaid_from` is the date of the first invoice that a non-payer does not pay.
    """

    start: int
    number: NDArray[np.int64]
    digits: NDArray[np.uint8]
    cohort: NDArray[np.int32]
    is_lead: NDArray[np.bool_]
    created_on: NDArray[np.int32]
    purged_on: NDArray[np.int32]
    moved_on: NDArray[np.int32]
    segment_changed_on: NDArray[np.int32]
    segment: NDArray[np.int8]
    new_segment: NDArray[np.int8]
    method: NDArray[np.int8]
    unpaid_from: NDArray[np.int32]
    suspended_on: NDArray[np.int32]
    reinstated_on: NDArray[np.int32]
    closed_on: NDArray[np.int32]


@dataclass(frozen=True)
class Subscriptions:
    """m subscriptions of a run of n customers.

    `owner` is the position of the customer in the run, `draw` that of the subscription's own draws
    among the 2n of the run, `digits` the eight digits of its id.
    """

    owner: NDArray[np.intp]
    draw: NDArray[np.intp]
    slot: NDArray[np.int8]
    number: NDArray[np.int64]
    digits: NDArray[np.uint8]
    started_on: NDArray[np.int32]
    trial_until: NDArray[np.int32]
    plan_changed_on: NDArray[np.int32]
    cancelled_on: NDArray[np.int32]
    billing_day: NDArray[np.int32]
    plan: NDArray[np.int8]
    quantity: NDArray[np.int64]
    agreed_cents: NDArray[np.int64]

    def plan_on(self, day: NDArray[np.int32], rows: NDArray[np.intp]) -> NDArray[np.int8]:
        """Return the plan in force at the end of a day.

        Args:
            day: k day numbers.
            rows: The subscription each is for, by position.

        Returns:
            k positions in `PLANS`.
        """
        return self.plan[rows] + (self.plan_changed_on[rows] <= day).astype(np.int8)

    def agreed_on(self, day: NDArray[np.int32], rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the price agreed at the end of a day; a change of plan ends the agreement.

        Args:
            day: k day numbers.
            rows: The subscription each is for, by position.

        Returns:
            k prices in cents, `LIST_PRICE` where there is no agreement.
        """
        return np.where(self.plan_changed_on[rows] <= day, LIST_PRICE, self.agreed_cents[rows])

    def unit_cents_on(self, day: NDArray[np.int32], rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the price of one seat in force at the end of a day.

        Args:
            day: k day numbers.
            rows: The subscription each is for, by position.

        Returns:
            k prices in cents; 0 is free of charge.
        """
        agreed = self.agreed_on(day, rows)
        return np.where(agreed == LIST_PRICE, _list_cents()[self.plan_on(day, rows)], agreed)


@dataclass(frozen=True)
class Lifecycles:
    """A run of consecutive customers with their accounts and subscriptions."""

    customers: Customers
    subscriptions: Subscriptions

    def is_suspended(self, day: NDArray[np.int32], owner: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return whether accounts are suspended or closed at the end of a day.

        Args:
            day: k day numbers.
            owner: The account each is for, by position.

        Returns:
            k flags.
        """
        customers = self.customers
        return (customers.suspended_on[owner] <= day) & (day < customers.reinstated_on[owner])


def draw_lifecycles(
    config: SimulationConfig, streams: Streams, start: int, stop: int, months: int
) -> Lifecycles:
    """Draw the lifecycles of a run of customers.

    Args:
        config: Rates and durations.
        streams: Where the draws come from.
        start: Number of the first customer, from 0.
        stop: Number after the last one; all of them exist within `months` months.
        months: How many months are simulated.

    Returns:
        Their lifecycles, the same whichever run they are drawn in.
    """
    axis = MonthAxis(config.period.first_month)
    return _Drawing(config, streams, axis, start, stop).lifecycles(months)


@dataclass(frozen=True)
class _Drawing:
    """What every step of drawing a run needs."""

    config: SimulationConfig
    streams: Streams
    axis: MonthAxis
    start: int
    stop: int

    def lifecycles(self, months: int) -> Lifecycles:
        cohort, is_lead = Population(self.config.subscription).cohorts(
            self.start, self.stop, months
        )
        created_on = self._created_on(cohort)
        first = self._first_subscriptions(cohort, is_lead, created_on)
        customers = self._customers(cohort, is_lead, created_on, first)
        second = self._second_subscriptions(customers)
        return Lifecycles(customers, _interleaved(customers, first, second))

    def _created_on(self, cohort: NDArray[np.int32]) -> NDArray[np.int32]:
        share = self._draw("customer.created")
        first_day = self.axis.first_day(0)
        before = first_day - 1 - _whole(share, _BASE_SPREAD_DAYS)
        months = np.maximum(cohort, 0)
        starts = self.axis.nth_day(months, np.ones_like(months))
        lengths = self.axis.nth_day(months, np.full_like(months, _LONGEST_MONTH)) - starts + 1
        within = starts + (share * lengths).astype(np.int32)
        return np.where(cohort == BASE, before, within).astype(np.int32)

    def _first_subscriptions(
        self,
        cohort: NDArray[np.int32],
        is_lead: NDArray[np.bool_],
        created_on: NDArray[np.int32],
    ) -> Subscriptions:
        settings = self.config.subscription
        on_trial = (cohort != BASE) & (self._draw("trial.begins") < settings.trial_share)
        trial_until = created_on + on_trial * np.int32(settings.trial_days)
        return self._subscriptions(1, created_on, trial_until, np.flatnonzero(~is_lead))

    def _second_subscriptions(self, customers: Customers) -> Subscriptions:
        wanted = self._draw("second.taken") < self.config.subscription.second_subscription_share
        earliest, latest = _SECOND_AFTER_DAYS
        started_on = customers.created_on + earliest
        started_on += _whole(self._draw("second.started"), latest - earliest)
        # nothing is sold to an account that is suspended or closed
        refused = (customers.suspended_on <= started_on) & (started_on < customers.reinstated_on)
        owners = np.flatnonzero(wanted & ~customers.is_lead & ~refused)
        return self._subscriptions(2, started_on, started_on, owners)

    def _subscriptions(
        self,
        slot: int,
        started_on: NDArray[np.int32],
        trial_until: NDArray[np.int32],
        owners: NDArray[np.intp],
    ) -> Subscriptions:
        """Draw for all customers, since draws go by position, and keep those that have the subscription."""
        settings = self.config.subscription
        plan = np.searchsorted(
            np.cumsum([p.share for p in PLANS])[:-1], self._draw("plan", slot), side="right"
        ).astype(np.int8)
        agreed_cents = self._agreed_cents(slot, plan)
        # customers' own decisions start with the simulation, not before
        clock = np.maximum(trial_until, self.axis.first_day(0)) + 1
        cancelled_on = clock + self._wait("churn", settings.annual_churn, slot)
        changed_on = clock + self._wait("plan_change", settings.annual_plan_change, slot)
        can_change = (plan < len(PLANS) - 1) & (agreed_cents != 0) & (changed_on < cancelled_on)
        seats = 2 + _whole(self._draw("seats", slot), _MOST_SEATS - 1)
        several = self._draw("seats.several", slot) < settings.several_seats_share
        numbers = (self.start + owners + 1) * 10 + slot
        return Subscriptions(
            owner=owners,
            draw=owners * SLOTS + (slot - 1),
            slot=np.full(len(owners), slot, dtype=np.int8),
            number=numbers,
            digits=digits(numbers, _CUSTOMER_DIGITS + 1),
            started_on=started_on[owners],
            trial_until=trial_until[owners],
            plan_changed_on=or_never(can_change, changed_on)[owners],
            cancelled_on=np.minimum(cancelled_on, NEVER)[owners],
            billing_day=1 + _whole(self._draw("billing_day", slot), _LONGEST_MONTH)[owners],
            plan=plan[owners],
            quantity=np.where(several, seats, 1)[owners].astype(np.int64),
            agreed_cents=agreed_cents[owners],
        )

    def _agreed_cents(self, slot: int, plan: NDArray[np.int8]) -> NDArray[np.int64]:
        settings = self.config.subscription
        share = self._draw("price.agreed", slot)
        free = share < settings.complimentary_share
        negotiated = ~free & (share < settings.complimentary_share + settings.negotiated_share)
        steps = 1 + _whole(self._draw("price.rebate", slot), _REBATE_STEPS).astype(np.int64)
        cents = _list_cents()[plan] * (100 - _REBATE_STEP_PERCENT * steps) // 100
        return np.select([free, negotiated], [np.zeros_like(cents), cents], LIST_PRICE)

    def _customers(
        self,
        cohort: NDArray[np.int32],
        is_lead: NDArray[np.bool_],
        created_on: NDArray[np.int32],
        first: Subscriptions,
    ) -> Customers:
        settings = self.config.subscription
        clock = np.maximum(created_on, self.axis.first_day(0)) + 1
        earliest, latest = _LEAD_PURGED_AFTER_DAYS
        purged_on = clock + earliest + _whole(self._draw("lead.purged_on"), latest - earliest)
        purged = is_lead & (self._draw("lead.purged") < settings.lead_purge_share)
        segment = _whole(self._draw("segment"), len(SEGMENTS)).astype(np.int8)
        # any segment other than the present one
        step = 1 + _whole(self._draw("segment.new"), len(SEGMENTS) - 1)
        gone_on = or_never(purged, purged_on)
        moved_on = clock + self._wait("move", settings.annual_address_change)
        regrouped_on = clock + self._wait("regroup", settings.annual_segment_change)
        number = np.arange(self.start, self.stop, dtype=np.int64) + 1
        unpaid_from, suspended_on, reinstated_on, closed_on = self._status_days(clock, first)
        return Customers(
            start=self.start,
            number=number,
            digits=digits(number, _CUSTOMER_DIGITS),
            cohort=cohort,
            is_lead=is_lead,
            created_on=created_on,
            purged_on=gone_on,
            moved_on=or_never(moved_on < gone_on, moved_on),
            segment_changed_on=or_never(regrouped_on < gone_on, regrouped_on),
            segment=segment,
            new_segment=((segment + step) % len(SEGMENTS)).astype(np.int8),
            method=_whole(self._draw("payment.method"), len(METHODS)).astype(np.int8),
            unpaid_from=unpaid_from,
            suspended_on=suspended_on,
            reinstated_on=reinstated_on,
            closed_on=closed_on,
        )

    def _status_days(
        self, clock: NDArray[np.int32], first: Subscriptions
    ) -> tuple[NDArray[np.int32], ...]:
        """Draw who stops paying, and when the account is suspended, reinstated or closed for it.

        A non-payer stops with an invoice of the first subscription; an account without such an invoice in the month
        drawn keeps paying.
        """
        payments = self.config.payments
        onset = np.minimum(
            clock + self._wait("non_payer", payments.annual_non_payers), NEVER
        ).astype(np.int32)
        rows = np.flatnonzero(onset[first.owner] < NEVER)
        owner = first.owner[rows]
        billed_on = self.axis.nth_day(self.axis.month_of(onset[owner]), first.billing_day[rows])
        is_billed = (
            (first.trial_until[rows] <= billed_on)
            & (first.cancelled_on[rows] >= billed_on)
            & (first.unit_cents_on(billed_on, rows) > 0)
        )
        unpaid_from = np.full(len(clock), NEVER, dtype=np.int32)
        unpaid_from[owner[is_billed]] = billed_on[is_billed]
        happens = unpaid_from < NEVER

        terms = self.config.subscription.payment_terms_days
        suspended_on = unpaid_from + (terms + payments.suspend_after_days)
        returns = self._draw("non_payer.returns") < payments.reinstated_share
        span = payments.reinstate_max_days - payments.reinstate_min_days + 1
        absence = payments.reinstate_min_days + _whole(self._draw("non_payer.absence"), span)
        return (
            unpaid_from,
            or_never(happens, suspended_on),
            or_never(happens & returns, suspended_on + absence),
            or_never(happens & ~returns, suspended_on + payments.close_after_days),
        )

    def _draw(self, stream: str, slot: int = 1) -> NDArray[np.float64]:
        name = stream if slot == 1 else f"{stream}/{slot}"
        return self.streams.uniform(name, self.start, self.stop - self.start)

    def _wait(self, stream: str, annual_share: float, slot: int = 1) -> NDArray[np.int32]:
        """Draw the days until an event that happens to a given share of those at risk each year."""
        return waiting_days(self._draw(stream, slot), annual_share)


def _interleaved(
    customers: Customers, first: Subscriptions, second: Subscriptions
) -> Subscriptions:
    """Merge both subscriptions in order of customer; those of a closed account end with it."""
    order = np.argsort(np.concatenate([first.number, second.number]), kind="stable")
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])[order]
        for name in Subscriptions.__dataclass_fields__
    }
    closed_on = customers.closed_on[columns["owner"]]
    columns["cancelled_on"] = np.minimum(columns["cancelled_on"], closed_on)
    ends_before = columns["plan_changed_on"] >= columns["cancelled_on"]
    columns["plan_changed_on"] = or_never(~ends_before, columns["plan_changed_on"])
    return Subscriptions(**columns)


def _list_cents() -> NDArray[np.int64]:
    return np.array([plan.cents for plan in PLANS], dtype=np.int64)


def _whole(share: NDArray[np.float64], count: int) -> NDArray[np.int32]:
    """Turn shares in [0, 1) into whole numbers from 0 to count - 1."""
    return (share * count).astype(np.int32)
