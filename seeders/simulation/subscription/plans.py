"""What the company sells: three plans in one currency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CURRENCY: Final = "USD"
LINE_OF_BUSINESS: Final = "subscription"


@dataclass(frozen=True)
class Plan:
    """A plan, its price a month in cents, and the share of subscriptions that begin on it."""

    plan_id: str
    name: str
    cents: int
    share: float


PLANS: Final = (
    Plan("BASIC", "Basic", 10_00, 0.55),
    Plan("PRO", "Pro", 50_00, 0.33),
    Plan("ENTERPRISE", "Enterprise", 200_00, 0.12),
)
"""In the order of upgrades: a plan change goes to the next one."""
