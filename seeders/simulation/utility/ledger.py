"""The accounts of a run of customers, cycle by cycle: opened, checked, billed, paid, supplied.

On the first day of a cycle new accounts open, then the bills issued a cycle before are checked, then the usage of the
cycle before is billed, and active accounts use energy. Payments are made on days of their own, up to several cycles
later. Each step is taken for all accounts at once.

Amounts are whole cents, usage whole milli-kWh, scores thousandths and ratios millionths, so that every
comparison is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.utility.cycles import Cycles
from seeders.simulation.utility.facts import (
    ACTIVE,
    CLEAR,
    CLOSE,
    CLOSED,
    NONE,
    PENALISE,
    REINSTATE,
    SUSPEND,
    Accounts,
    Bills,
    Checks,
    CycleFacts,
    Ghosts,
    Payments,
    Usages,
)
from seeders.simulation.utility.inject import skip_bills

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.config import PenaltyConfig, SimulationConfig, UtilityConfig
    from seeders.simulation.utility.people import Customers
    from seeders.streams import Sequences, Streams

MAX_ACCOUNTS: Final = 100
"""Ids have two digits for the account within its customer."""

SCORE_UNITS: Final = 1_000
_RATIO_UNITS: Final = 1_000_000
_RATE_UNITS: Final = 1_000_000
_MILLI: Final = 1_000
# milli-kWh times millionths of a unit of money, in one cent
_RATED_PER_CENT: Final = _MILLI * _RATE_UNITS // 100

_DRAWS_PER_CYCLE: Final = 8
_USAGE, _SKIPPED, _DAYS_LATE, _IN_FULL, _SHARE, _IS_RELIABLE = range(6)
_QUANTILES: Final = 8_192


class Ledger:
    """The books of a run of customers.

    Attributes:
        accounts: All accounts opened so far.
        status: The status of each.
        changed: The cycle in which each last opened, closed, or was suspended or reinstated.
    """

    def __init__(
        self, config: SimulationConfig, streams: Streams, customers: Customers, start: int
    ) -> None:
        """Begin with no accounts.

        Args:
            config: What is simulated.
            streams: Where the draws come from.
            customers: The run of customers.
            start: Number of the first, from 0.
        """
        self._config: UtilityConfig = config.utility
        self._penalty = Penalty.of(config.penalty)
        self._cycles = Cycles(config.utility)
        self._streams, self._customers, self._start = streams, customers, start
        nothing = np.empty(0)
        self.accounts = Accounts(
            customer=nothing.astype(np.intp),
            within=nothing.astype(np.int64),
            opened=nothing.astype(np.int32),
            least=nothing,
            width=nothing,
            rate=nothing.astype(np.int64),
        )
        self._draws: Sequences = streams.sequences("utility.account", nothing.astype(np.int64))
        self.status = nothing.astype(np.int8)
        self.changed = nothing.astype(np.int32)
        self._books = _Books.empty(0)
        self._under_way: dict[int, list[Payments]] = {}

    def simulate(self, cycles: int, until: int) -> Iterator[CycleFacts]:
        """Simulate the first cycles.

        Args:
            cycles: How many.
            until: The last day; payments after it have not been made yet.

        Yields:
            What happens in each.
        """
        for cycle in range(cycles):
            opened = self._open(cycle)
            checks = self._check(cycle)
            left_unbilled = self._left_unbilled(cycle, checks)
            skipped, bills = self._bill(cycle)
            self._schedule(cycle, bills)
            payments = self._pay(cycle, until)
            usages = self._use(cycle)
            ghosts = Ghosts.concatenate([left_unbilled, skipped])
            yield CycleFacts(cycle, checks, ghosts, bills, payments, opened, usages)

    def _check(self, cycle: int) -> Checks:
        """Check what is unpaid of the bills issued a cycle ago, and update penalty scores and statuses."""
        books, penalty = self._books, self._penalty
        account = np.flatnonzero(books.is_billed)
        total, unpaid = books.total[account], books.balance[account]
        step = penalty.step(unpaid, total)
        added, before, was = penalty.points[step], books.score[account], self.status[account]
        score = np.where(step > 0, before + added, 0)
        status = penalty.status(step, score)
        checks = Checks(
            account=account,
            total=total,
            unpaid=unpaid,
            unpaid_before=books.unpaid_before[account],
            score_before=before,
            step=step,
            penalty=added,
            score=score,
            was=was,
            status=status,
            action=_action(step, before, was, status),
        )
        books.score[account] = score
        books.unpaid_before[account] = unpaid
        self.status[account] = status
        self.changed[account[was != status]] = cycle
        return checks

    def _left_unbilled(self, cycle: int, checks: Checks) -> Ghosts:
        """Find the usage that is never billed because the account has just been closed."""
        closed = checks.account[checks.status == CLOSED]
        cents = self._charge(closed)
        used = np.flatnonzero(cents > 0)
        return _ghosts(cycle, closed[used], cents[used], is_injected=False)

    def _bill(self, cycle: int) -> tuple[Ghosts, Bills]:
        """Bill the usage of the cycle before, except where a bill is skipped by mistake."""
        books, rate = self._books, self._config.ghost_rate
        account = np.flatnonzero((self.status != CLOSED) & (self.accounts.opened < cycle))
        cents = self._charge(account)
        skipped = _ghosts(cycle, account[:0], cents[:0], is_injected=True)
        if rate > 0:
            is_skipped = skip_bills(rate, self._draw(cycle, _SKIPPED, account), cents)
            skipped = _ghosts(cycle, account[is_skipped], cents[is_skipped], is_injected=True)
            account, cents = account[~is_skipped], cents[~is_skipped]
        total = books.balance[account] + cents
        books.balance[account] = total
        books.total[account] = total
        books.is_billed[:] = False
        books.is_billed[account] = True
        return skipped, Bills(account, cents, total)

    def _charge(self, account: NDArray[np.intp]) -> NDArray[np.int64]:
        """Rate the usage of the cycle before, rounded half up to cents."""
        rated = self._books.milli_kwh[account] * self.accounts.rate[account]
        cents: NDArray[np.int64] = (rated + _RATED_PER_CENT // 2) // _RATED_PER_CENT
        return cents

    def _schedule(self, cycle: int, bills: Bills) -> None:
        """Decide when each bill is paid, and how much of it.

        A payment already scheduled for an older bill that arrives before the new bill is checked is not made again.
        """
        config = self._config
        remaining = bills.total - self._under_way_in(cycle)[bills.account]
        asked = remaining > 0
        account, remaining = bills.account[asked], remaining[asked]
        who, people = self.accounts.customer[account], self._customers
        spread = (
            config.days_late_spread
            * _quantiles()[(self._draw(cycle, _DAYS_LATE, account) * _QUANTILES).astype(np.int16)]
        )
        days = np.minimum(people.mean_days[who] + spread, people.latest_days[who])
        # truncated: a payment less than a day early or late is made on the due date
        late = np.maximum(days, -config.days_early_max).astype(np.int32)
        is_prompt = late <= config.prompt_days
        within = self._draw(cycle, _SHARE, account)
        share = np.where(
            is_prompt,
            config.prompt_min_paid + (config.prompt_max_paid - config.prompt_min_paid) * within,
            people.late_share[who] + people.late_width[who] * within,
        )
        share[is_prompt & (self._draw(cycle, _IN_FULL, account) < config.prompt_full_share)] = 1
        pays = ~((late > config.unpaid_after_days) & people.gives_up[who])
        if config.unreliable_share < 1:
            good = self._draw(cycle, _IS_RELIABLE, account) >= config.unreliable_share
            early = (within[good] * config.days_early_max).astype(np.int32)
            late[good], share[good], pays[good] = -1 - early, 1, True
        cents = np.rint(remaining * share).astype(np.int64)
        pays &= cents > 0
        after = late + np.int32(config.cycle_days)
        self._send(
            cycle,
            after[pays] // config.cycle_days,
            Payments(
                account=account[pays],
                billed=np.full(int(pays.sum()), cycle, dtype=np.int32),
                paid_on=self._cycles.begins(cycle) + after[pays],
                cents=cents[pays],
            ),
        )

    def _send(self, cycle: int, cycles_later: NDArray[np.int32], payments: Payments) -> None:
        """Schedule payments for the cycle they are made in."""
        for later in range(int(np.max(cycles_later, initial=-1)) + 1):
            made = payments.select(np.flatnonzero(cycles_later == later))
            self._under_way.setdefault(cycle + later, []).append(made)

    def _under_way_in(self, cycle: int) -> NDArray[np.int64]:
        """Add up the payments scheduled for a cycle so far, in cents by account."""
        made = Payments.concatenate(self._under_way.get(cycle, [_NO_PAYMENTS]))
        self._under_way[cycle] = [made]
        return _sums(made, len(self._books.balance))

    def _pay(self, cycle: int, until: int) -> Payments:
        """Book the payments of a cycle, even those beyond what the account owes by now."""
        made = Payments.concatenate(self._under_way.pop(cycle, [_NO_PAYMENTS]))
        if self._cycles.ends(cycle) > until:
            made = made.select(made.paid_on <= until)
        balance = self._books.balance
        balance -= _sums(made, len(balance))
        return made

    def _open(self, cycle: int) -> Accounts:
        """Open new accounts."""
        config, count = self._config, len(self._customers.number)
        is_active = self.status == ACTIVE
        held = np.bincount(self.accounts.customer[is_active], minlength=count)
        ever = np.bincount(self.accounts.customer, minlength=count)
        chance = np.where(held <= config.many_accounts, config.further_account_chance, 0)
        chance[held > config.many_accounts] = config.many_accounts_chance
        chance[held == 0] = config.first_account_chance
        drawn = self._streams.uniform("utility.opening", self._start, count, cycle)
        who = np.flatnonzero((drawn < chance) & (ever < MAX_ACCOUNTS))
        number = (self._start + who) * np.int64(MAX_ACCOUNTS) + ever[who]
        draws = self._streams.sequences("utility.account", number)
        level = np.searchsorted(
            (config.low_usage_share, config.low_usage_share + config.medium_usage_share),
            self._streams.sequences("utility.level", number)(0),
            "right",
        )
        least = np.array(
            (config.low_usage_min_kwh, config.medium_usage_min_kwh, config.high_usage_min_kwh)
        )
        most = np.array(
            (config.low_usage_max_kwh, config.medium_usage_max_kwh, config.high_usage_max_kwh)
        )
        rates = np.rint(
            np.array((config.residential_rate, config.commercial_rate)) * _RATE_UNITS
        ).astype(np.int64)
        opened = Accounts(
            customer=who,
            within=ever[who].astype(np.int64),
            opened=np.full(len(who), cycle, dtype=np.int32),
            least=least[level] * float(_MILLI),
            width=(most - least)[level] * float(_MILLI),
            rate=rates[self._customers.is_commercial[who].astype(np.int8)],
        )
        self.accounts = Accounts.concatenate([self.accounts, opened])
        self._draws = self._draws.followed_by(draws)
        self.status = np.concatenate([self.status, np.full(len(who), ACTIVE, dtype=np.int8)])
        self.changed = np.concatenate([self.changed, opened.opened])
        self._books = _Books.concatenate([self._books, _Books.empty(len(who))])
        return opened

    def _use(self, cycle: int) -> Usages:
        """Draw the usage of active accounts."""
        account = np.flatnonzero(self.status == ACTIVE)
        used = self.accounts.least[account] + self.accounts.width[account] * self._draw(
            cycle, _USAGE, account
        )
        milli_kwh = np.rint(used * self._cycles.season(cycle)).astype(np.int64)
        self._books.milli_kwh[:] = 0
        self._books.milli_kwh[account] = milli_kwh
        return Usages(account, milli_kwh)

    def _draw(self, cycle: int, what: int, account: NDArray[np.intp]) -> NDArray[np.float64]:
        return self._draws(cycle * _DRAWS_PER_CYCLE + what, account)


@dataclass(frozen=True)
class _Books(Arrays):
    """The state of each account.

    Attributes:
        balance: Cents billed and not paid, below 0 where more was paid.
        total: Cents printed on the last bill.
        is_billed: Whether a bill was issued in the cycle that has just ended, and is to be checked.
        score: The penalty score.
        unpaid_before: Cents unpaid at the last check.
        milli_kwh: What was used in the cycle that has just ended.
    """

    balance: NDArray[np.int64]
    total: NDArray[np.int64]
    is_billed: NDArray[np.bool_]
    score: NDArray[np.int64]
    unpaid_before: NDArray[np.int64]
    milli_kwh: NDArray[np.int64]

    @classmethod
    def empty(cls, count: int) -> _Books:
        """Return the state of new accounts."""
        return cls(
            balance=np.zeros(count, dtype=np.int64),
            total=np.zeros(count, dtype=np.int64),
            is_billed=np.zeros(count, dtype=np.bool_),
            score=np.zeros(count, dtype=np.int64),
            unpaid_before=np.zeros(count, dtype=np.int64),
            milli_kwh=np.zeros(count, dtype=np.int64),
        )


@dataclass(frozen=True)
class Penalty:
    """The penalty policy in whole numbers. `points` are those of each step, 0 for the first."""

    ratios: tuple[int, int]
    points: NDArray[np.int64]
    suspend_score: int
    close_score: int

    @classmethod
    def of(cls, config: PenaltyConfig) -> Penalty:
        """Read it from the configuration."""
        points = (
            0,
            config.minor_penalty,
            config.partial_penalty,
            config.major_penalty,
            config.full_penalty,
        )
        return cls(
            ratios=(
                round(config.partial_ratio * _RATIO_UNITS),
                round(config.major_ratio * _RATIO_UNITS),
            ),
            points=np.rint(np.array(points) * SCORE_UNITS).astype(np.int64),
            suspend_score=round(config.suspend_score * SCORE_UNITS),
            close_score=round(config.close_score * SCORE_UNITS),
        )

    def step(self, unpaid: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the step of each bill, a position in `STEPS`."""
        partial, major = self.ratios
        scaled = unpaid * _RATIO_UNITS
        step = np.ones(len(unpaid), dtype=np.int8)
        for is_reached in (scaled >= partial * total, scaled >= major * total, unpaid >= total):
            step += is_reached
        step[unpaid <= 0] = 0
        return step

    def status(self, step: NDArray[np.int8], score: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the status of accounts after a check."""
        status = (score >= self.suspend_score).astype(np.int8)
        status += score >= self.close_score
        status[step == 0] = ACTIVE
        return status


_NO_PAYMENTS: Final = Payments(
    account=np.empty(0, dtype=np.intp),
    billed=np.empty(0, dtype=np.int32),
    paid_on=np.empty(0, dtype=np.int32),
    cents=np.empty(0, dtype=np.int64),
)


def _ghosts(
    cycle: int, account: NDArray[np.intp], cents: NDArray[np.int64], *, is_injected: bool
) -> Ghosts:
    return Ghosts(
        account=account.astype(np.int32),
        billed=np.full(len(account), cycle, dtype=np.int32),
        cents=cents,
        is_injected=np.full(len(account), is_injected, dtype=np.bool_),
    )


def _action(
    step: NDArray[np.int8],
    score_before: NDArray[np.int64],
    was: NDArray[np.int8],
    status: NDArray[np.int8],
) -> NDArray[np.int8]:
    """Return what a check has done, a position in `ACTIONS`."""
    action = np.where(step > 0, PENALISE, np.where(score_before > 0, CLEAR, NONE)).astype(np.int8)
    is_new = was != status
    action[is_new] = np.array((REINSTATE, SUSPEND, CLOSE), dtype=np.int8)[status[is_new]]
    return action


def _sums(payments: Payments, count: int) -> NDArray[np.int64]:
    """Add up payments by account. Sums of cents are exact far beyond any balance."""
    sums = np.bincount(payments.account, weights=payments.cents, minlength=count)
    return sums.astype(np.int64)


@lru_cache(maxsize=1)
def _quantiles() -> NDArray[np.float64]:
    """Return quantiles of a normal distribution at equal steps."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((n + 0.5) / _QUANTILES) for n in range(_QUANTILES)])
