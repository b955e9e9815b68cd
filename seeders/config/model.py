"""The sections of a simulation's configuration, with the reference scale as their defaults.

A field states its own bounds, which apply to presets, files and overrides alike. Rates are shares between 0 and 1; an
`annual_…` rate is the share of what exists at the start of a year to which the event happens within that year. A rate
of 0 switches the effect off.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Final

from seeders.config.bounds import ConfigError, count, number, share, stated
from seeders.config.metering import MeteringConfig, check_metering

MAX_CUSTOMERS: Final = 9_999_999
"""Customer ids have seven digits, so that every id fits DuckDB's 12 inline bytes."""

MAX_MONTHS: Final = 1_000
"""Invoice ids have three digits for the month."""

MAX_TRADE_ACCOUNTS: Final = 999_999
"""Ids of trade credit have six digits for the account, and four for the order within it."""


MAX_UTILITY_CUSTOMERS: Final = 999_999
"""Ids of utilities have six digits for the customer, two for the account within it, three for the cycle."""


@dataclass(frozen=True)
class PeriodConfig:
    """The months to simulate. `first_month` is written as YYYY-MM and stored as its first day."""

    first_month: date = date(2024, 1, 1)
    months: int = count(12, 1, MAX_MONTHS)


@dataclass(frozen=True)
class SubscriptionConfig:
    """The customers and what they subscribe to.

    `customers` is their number at the end of the first twelve months. A share of them joins during these months; the
    others have joined in the two years before. Later months add customers at the same pace. Leads come on top: they
    have an account and nothing else.
    """

    customers: int = count(1_000, 0, MAX_CUSTOMERS)
    joiner_share: float = share(0.06)
    lead_share: float = share(0.02)
    lead_purge_share: float = share(0.3)
    second_subscription_share: float = share(0.05)
    trial_share: float = share(0.3)
    trial_days: int = count(30, 1, 365)
    complimentary_share: float = share(0.01)
    negotiated_share: float = share(0.04)
    several_seats_share: float = share(0.10)
    annual_churn: float = share(0.08, below_one=True)
    annual_plan_change: float = share(0.06, below_one=True)
    annual_address_change: float = share(0.05, below_one=True)
    annual_segment_change: float = share(0.02, below_one=True)
    payment_terms_days: int = count(14, 0, 120)


@dataclass(frozen=True)
class PaymentsConfig:
    """How customers choose to pay; none of this is a fault of the billing process."""

    late_share: float = share(0.10)
    late_max_days: int = count(25, 1, 365)
    late_arrival_share: float = share(0.01)
    annual_non_payers: float = share(0.02, below_one=True)
    suspend_after_days: int = count(20, 1, 365)
    reinstated_share: float = share(0.5)
    reinstate_min_days: int = count(10, 1, 365)
    reinstate_max_days: int = count(40, 1, 365)
    close_after_days: int = count(90, 1, 365)


@dataclass(frozen=True)
class GhostConfig:
    """Active subscription-months that are not invoiced; some of them are invoiced late."""

    rate: float = share(0.015)
    billed_late_share: float = share(0.10)
    billed_late_min_days: int = count(20, 1, 365)
    billed_late_max_days: int = count(60, 1, 365)


@dataclass(frozen=True)
class ZombieConfig:
    """Invoices whose payment is never recorded while the customer is still served."""

    rate: float = share(0.02)


@dataclass(frozen=True)
class LeakyConfig:
    """Payments that fall short of their invoice; some customers pay the rest later."""

    rate: float = share(0.03)
    min_paid: float = share(0.90)
    max_paid: float = share(0.99)
    topped_up_share: float = share(0.15)
    topped_up_min_days: int = count(45, 1, 365)
    topped_up_max_days: int = count(75, 1, 365)


@dataclass(frozen=True)
class TradeConfig:
    """Businesses that buy on account: who they are, how they pay, and which faults occur.

    `accounts` is their total number; a share of them opens within the first two years, the others before.
    `orders_per_year` holds for accounts without standing orders. Shares of behaviours are shares of accounts; each
    further `…_share` is of invoices, or of the events that it follows. Outcomes of an invoice exclude each other, and
    so do its faults, the `…_rate` settings. `late_share` is the share of late payments of an average account; with
    accounts that pay badly, disputes and so on, about 15 % of all invoices are settled late.
    """

    first_month: date = date(2022, 1, 1)
    accounts: int = count(200, 0, MAX_TRADE_ACCOUNTS)
    skus: int = count(100, 12, 9_999)
    joiner_share: float = share(0.10)
    orders_per_year: int = count(14, 1, 80)
    standing_order_share: float = share(0.15)
    short_terms_share: float = share(0.15)
    long_terms_share: float = share(0.10)
    eur_share: float = share(0.15)
    balance_forward_share: float = share(0.25)
    allocating_share: float = share(0.30)
    contract_share: float = share(0.30)
    annual_limit_change: float = share(0.15, below_one=True)
    annual_address_change: float = share(0.03, below_one=True)
    annual_closure: float = share(0.03, below_one=True)

    # behaviours of accounts; all others pay well throughout
    bad_share: float = share(0.10)
    turning_share: float = share(0.15)
    seasonal_share: float = share(0.15)
    annual_turning: float = share(0.45, below_one=True)
    annual_default: float = share(0.03, below_one=True)
    suspend_after_days: int = count(60, 1, 365)
    reinstated_share: float = share(0.4)
    reinstate_min_days: int = count(15, 1, 365)
    reinstate_max_days: int = count(60, 1, 365)
    close_after_days: int = count(120, 1, 730)

    # what customers decide
    late_share: float = share(0.08)
    late_max_days: int = count(30, 1, 365)
    unpaid_share: float = share(0.006)
    partial_share: float = share(0.03)
    partial_rest_share: float = share(0.7)
    overpaid_share: float = share(0.012)
    overpaid_refund_share: float = share(0.5)
    chargeback_share: float = share(0.008)
    chargeback_repaid_share: float = share(0.6)
    return_share: float = share(0.03)
    return_after_payment_share: float = share(0.4)
    dispute_share: float = share(0.025)
    dispute_credit_share: float = share(0.4)
    late_allocation_share: float = share(0.2)
    complaint_share: float = share(0.04)

    # faults
    duplicate_invoice_rate: float = share(0.01)
    duplicate_invoice_credited_share: float = share(0.5)
    duplicate_payment_rate: float = share(0.01)
    duplicate_payment_refunded_share: float = share(0.5)
    billed_after_cancel_rate: float = share(0.3)
    billed_after_cancel_credited_share: float = share(0.4)
    header_lines_mismatch_rate: float = share(0.006)
    orphaned_line_rate: float = share(0.005)
    currency_mismatch_rate: float = share(0.006)


@dataclass(frozen=True)
class UtilityConfig:
    """Households and businesses supplied with energy: how many, what they use, how they pay.

    Billing runs in cycles of `cycle_days` starting on `first_day`. Before the checks of each cycle a customer opens an
    account with a probability that depends on how many of its accounts are active: none, up to `many_accounts`, or
    more. kWh are per cycle, before a seasonal factor of at most `seasonal_swing` that peaks in `peak_month`.

    A customer's hidden reliability r lies in one of three ranges, evenly within it. Days late are distributed around
    `days_late_mean - days_late_slope * r`, at most `days_early_max` days before the due date and at most
    `(latest_base - r) * latest_scale` days after it. Nothing is paid if that is more than `unpaid_after_days` late and
    r is below `unpaid_below`. Up to `prompt_days` late most bills are paid in full; later ones depend on r: above
    `good_above`, above `fair_above`, or lower. `unreliable_share` is the share of bills paid like this; the others are
    paid in full before they are due. Days late are truncated to whole days, and shares are of the printed total less
    payments already scheduled between issue and due date.
    """

    first_day: date = field(default=date(2019, 2, 2), metadata={"is_day": True})
    customers: int = count(3_000, 0, MAX_UTILITY_CUSTOMERS)
    cycle_days: int = count(30, 7, 120)
    first_account_chance: float = share(0.75)
    further_account_chance: float = share(0.05)
    many_accounts: int = count(6, 0, 99)
    many_accounts_chance: float = share(0.02)

    # usage and rates
    residential_share: float = share(0.8)
    residential_rate: float = number(0.22, 0, 100)
    commercial_rate: float = number(0.35, 0, 100)
    low_usage_share: float = share(0.5)
    medium_usage_share: float = share(0.3)
    low_usage_min_kwh: int = count(100, 0, 100_000)
    low_usage_max_kwh: int = count(350, 0, 100_000)
    medium_usage_min_kwh: int = count(250, 0, 100_000)
    medium_usage_max_kwh: int = count(500, 0, 100_000)
    high_usage_min_kwh: int = count(500, 0, 100_000)
    high_usage_max_kwh: int = count(800, 0, 100_000)
    seasonal_swing: float = share(0.2)
    peak_month: int = count(7, 1, 12)

    # how customers pay
    low_reliability_share: float = share(0.3)
    medium_reliability_share: float = share(0.5)
    low_reliability_min: float = share(0.1)
    low_reliability_max: float = share(0.4)
    medium_reliability_min: float = share(0.4)
    medium_reliability_max: float = share(0.7)
    high_reliability_min: float = share(0.7)
    high_reliability_max: float = share(1.0)
    unreliable_share: float = share(1.0)
    days_late_mean: float = number(10, -365, 365)
    days_late_slope: float = number(50, 0, 365)
    days_late_spread: float = number(15, 0, 365)
    days_early_max: int = count(15, 1, 120)
    latest_base: float = number(1.2, 0, 10)
    latest_scale: float = number(100, 0, 365)
    unpaid_after_days: int = count(60, 0, 3_650)
    unpaid_below: float = number(0.75, 0, 2)
    prompt_days: int = count(7, 0, 365)
    prompt_full_share: float = share(0.9)
    prompt_min_paid: float = share(0.6)
    prompt_max_paid: float = share(0.9)
    good_above: float = share(0.85)
    good_min_paid: float = share(0.6)
    good_max_paid: float = share(1.0)
    fair_above: float = share(0.7)
    fair_min_paid: float = share(0.3)
    fair_max_paid: float = share(0.6)
    poor_min_paid: float = share(0.1)
    poor_max_paid: float = share(0.3)

    # faults
    ghost_rate: float = share(0.005)


@dataclass(frozen=True)
class PenaltyConfig:
    """The penalty score that an unpaid bill adds to an account, and the consequences of the score.

    The numbers have no defaults here: they are `vars.penalty_policy` in dbt_project.yml. The policy of a simulation is
    written to `raw_billing.delinquency_policies`.
    """

    suspend_score: float = stated(0.001, 1_000)
    close_score: float = stated(0.001, 1_000)
    minor_penalty: float = stated(0, 1_000)
    partial_ratio: float = stated(0, 1)
    partial_penalty: float = stated(0, 1_000)
    major_ratio: float = stated(0, 1)
    major_penalty: float = stated(0, 1_000)
    full_penalty: float = stated(0, 1_000)


@dataclass(frozen=True)
class OutputConfig:
    """How the work is split into chunks. None of this changes any row."""

    chunk_rows: int = count(65_536, 1, 10_000_000)


@dataclass(frozen=True)
class PolicyConfig:
    """The thresholds that the models apply, too; they are `vars` in dbt_project.yml."""

    zombie_grace_days: int = count(30, 0, 3_650)
    invoicing_lag_days: int = count(0, 0, 3_650)
    usage_invoicing_lag_days: int = count(7, 0, 3_650)
    duplicate_window_days: int = count(3, 0, 31)


@dataclass(frozen=True)
class SimulationConfig:
    """Everything a simulation depends on besides its seed."""

    policy: PolicyConfig
    penalty: PenaltyConfig
    period: PeriodConfig = field(default_factory=PeriodConfig)
    subscription: SubscriptionConfig = field(default_factory=SubscriptionConfig)
    payments: PaymentsConfig = field(default_factory=PaymentsConfig)
    ghost: GhostConfig = field(default_factory=GhostConfig)
    zombie: ZombieConfig = field(default_factory=ZombieConfig)
    leaky: LeakyConfig = field(default_factory=LeakyConfig)
    trade: TradeConfig = field(default_factory=TradeConfig)
    utility: UtilityConfig = field(default_factory=UtilityConfig)
    metering: MeteringConfig = field(default_factory=MeteringConfig)
    output: OutputConfig = field(default_factory=OutputConfig)

    def __post_init__(self) -> None:
        """Check settings against each other.

        Raises:
            ConfigError: If two settings contradict each other.
        """
        _in_order(
            "payments.reinstate_min_days",
            self.payments.reinstate_min_days,
            "payments.reinstate_max_days",
            self.payments.reinstate_max_days,
        )
        _in_order(
            "ghost.billed_late_min_days",
            self.ghost.billed_late_min_days,
            "ghost.billed_late_max_days",
            self.ghost.billed_late_max_days,
        )
        _in_order("leaky.min_paid", self.leaky.min_paid, "leaky.max_paid", self.leaky.max_paid)
        _in_order(
            "leaky.topped_up_min_days",
            self.leaky.topped_up_min_days,
            "leaky.topped_up_max_days",
            self.leaky.topped_up_max_days,
        )
        if self.leaky.rate + self.payments.late_share > 1:
            message = "leaky.rate and payments.late_share are shares of the same payments: together at most 1"
            raise ConfigError(message)
        if self.leaky.max_paid >= 1:
            message = "leaky.max_paid must be below 1: a leaky payment falls short of its invoice"
            raise ConfigError(message)
        self._check_trade()
        self._check_utility()
        self._check_penalty()
        if self.metering.meters > 0:
            begins = self.metering.first_month
            _within(self.period, "metering.first_month", f"{begins:%Y-%m}", begins)
        check_metering(self.metering)

    def _check_trade(self) -> None:
        """Check shares that must not add up to more than 1, and the order of months."""
        trade, period = self.trade, self.period
        _in_order(
            "trade.reinstate_min_days",
            trade.reinstate_min_days,
            "trade.reinstate_max_days",
            trade.reinstate_max_days,
        )
        for kind in _EXCLUSIVE:
            total = sum(getattr(trade, name) for name in kind)
            if total > 1:
                names = ", ".join(f"trade.{name}" for name in kind)
                message = f"{names} exclude each other: together at most 1, not {total:g}"
                raise ConfigError(message)
        if trade.accounts > 0:
            _within(period, "trade.first_month", f"{trade.first_month:%Y-%m}", trade.first_month)

    def _check_utility(self) -> None:
        """Check the ranges and shares of utilities, and when they begin."""
        utility = self.utility
        for name in _RANGES:
            low, high = name.format("min"), name.format("max")
            _in_order(
                f"utility.{low}", getattr(utility, low), f"utility.{high}", getattr(utility, high)
            )
        for what in ("usage", "reliability"):
            names = (f"low_{what}_share", f"medium_{what}_share")
            if sum(getattr(utility, name) for name in names) > 1:
                message = f"utility.{names[0]} and utility.{names[1]} exclude each other: together at most 1"
                raise ConfigError(message)
        _in_order(
            "utility.days_early_max",
            utility.days_early_max,
            "utility.cycle_days",
            utility.cycle_days,
        )
        _in_order(
            "utility.fair_above", utility.fair_above, "utility.good_above", utility.good_above
        )
        for name in ("residential_rate", "commercial_rate"):
            _decimals(f"utility.{name}", getattr(utility, name), 6)
        if utility.customers > 0:
            _within(self.period, "utility.first_day", f"{utility.first_day}", utility.first_day)

    def _check_penalty(self) -> None:
        """Check the order of steps and scores, and that they fit their columns."""
        penalty = self.penalty
        _in_order(
            "penalty.suspend_score",
            penalty.suspend_score,
            "penalty.close_score",
            penalty.close_score,
        )
        _in_order(
            "penalty.partial_ratio",
            penalty.partial_ratio,
            "penalty.major_ratio",
            penalty.major_ratio,
        )
        for each in fields(penalty):
            places = 6 if each.name.endswith("_ratio") else 3
            _decimals(f"penalty.{each.name}", getattr(penalty, each.name), places)


_EXCLUSIVE: Final = (
    ("short_terms_share", "long_terms_share"),
    ("bad_share", "turning_share", "seasonal_share"),
    (
        "unpaid_share",
        "partial_share",
        "overpaid_share",
        "chargeback_share",
        "return_share",
        "dispute_share",
    ),
    (
        "duplicate_invoice_rate",
        "duplicate_payment_rate",
        "header_lines_mismatch_rate",
        "orphaned_line_rate",
        "currency_mismatch_rate",
    ),
)


_RANGES: Final = (
    *(f"{level}_usage_{{}}_kwh" for level in ("low", "medium", "high")),
    *(f"{level}_reliability_{{}}" for level in ("low", "medium", "high")),
    *(f"{kind}_{{}}_paid" for kind in ("prompt", "good", "fair", "poor")),
)


def _within(period: PeriodConfig, name: str, written: str, begins: date) -> None:
    """Refuse a line of business that begins after the period."""
    months = (begins.year - period.first_month.year) * 12 + begins.month - period.first_month.month
    if months >= period.months:
        message = (
            f"{name} ({written}) is after the end of the period:"
            f" {period.months} month{'' if period.months == 1 else 's'} from"
            f" {period.first_month:%Y-%m}"
        )
        raise ConfigError(message)


def _decimals(name: str, value: float, places: int) -> None:
    if round(value, places) != value:
        message = f"{name} is {value}, but must have at most {places} decimals"
        raise ConfigError(message)


def _in_order(low_name: str, low: float, high_name: str, high: float) -> None:
    if low > high:
        message = f"{low_name} ({low}) is above {high_name} ({high})"
        raise ConfigError(message)
