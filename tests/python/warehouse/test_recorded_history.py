"""What the snapshots record of a day is its last delivery, however often the day was delivered and built.

One company, told three days: the first is delivered twice, the second three times, the third once. Its customers,
accounts, subscriptions and meters have the same fates, by the number in their key. Builds alternate between
`warehouse build` and plain `dbt build` in place.
"""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, Final

import duckdb
import pytest

from pipeline import workflow
from pipeline.dbt_runner import run_dbt
from pipeline.landing import LoadRefusedError
from tests.python.workshop import frozen_clock, query, silent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

DAY_0: Final = date(2024, 2, 1)
DAY_1: Final = date(2024, 2, 29)
DAY_2: Final = date(2024, 3, 1)
BORN: Final = date(2024, 1, 1)
END: Final = date(9999, 12, 31)

MAPPING: Final = """
as_of: {as_of}
defaults: {{line_of_business: subscription, currency: EUR}}
tables:
  raw_crm.customers:
    file: customers.csv
    columns: {{customer_id: "'C' || number", full_name: "'Name'", city: value, created_at: since}}
  raw_crm.accounts:
    file: accounts.csv
    columns: {{account_id: "'A' || number", customer_id: "'C0'", credit_limit: value, opened_on: since}}
  raw_billing.subscriptions:
    file: subscriptions.csv
    columns:
      subscription_id: "'S' || number"
      account_id: "'A0'"
      billing_day: value
      started_on: since
  raw_metering.meters:
    file: meters.csv
    columns: {{meter_id: "'M' || number", district: value, installed_on: since}}
"""
ENTITIES: Final = ("customers", "accounts", "subscriptions", "meters")
DIMENSIONS: Final = {
    "customers": ("core.dim_customers", "customer_id", "city"),
    "accounts": ("core.dim_accounts", "account_id", "credit_limit::int::text"),
    "subscriptions": ("core.dim_subscriptions", "subscription_id", "billing_day::text"),
    "meters": ("metering.dim_meters", "meter_id", "district"),
}
MODELS: Final = ("+dim_customers", "+dim_accounts", "+dim_subscriptions", "+dim_meters")

# What each delivery says of 0: nothing ever happens; 1: the first day is corrected (Oslo, then Bonn); 2: changed;
# 3: gone for one delivery of the second day; 4: changed for one of them; 5: new in one of them alone; 6: gone from
# the second delivery on; 7: new in the last delivery; 8: gone, and back as another; 9: gone in the first delivery.
FIRST_DAY: Final = (
    {0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 6: 1, 8: 1, 9: 1},
    {0: 1, 1: 2, 2: 1, 3: 1, 4: 1, 6: 1, 8: 1, 9: 1},
)
SECOND_DAY: Final = (
    {0: 1, 1: 2, 2: 2, 3: 1, 4: 2, 5: 1, 6: 1, 8: 1},
    {0: 1, 1: 2, 2: 2, 4: 1},
    {0: 1, 1: 2, 2: 2, 3: 1, 4: 1, 7: 1, 8: 2, 9: 1},
)
HISTORY: Final = {
    0: [("1", BORN, END, False)],
    1: [("2", BORN, END, False)],
    2: [("1", BORN, DAY_1, False), ("2", DAY_1, END, False)],
    3: [("1", BORN, END, False)],
    4: [("1", BORN, END, False)],
    6: [("1", BORN, DAY_1, False), ("1", DAY_1, END, True)],
    7: [("1", BORN, END, False)],
    8: [("1", BORN, DAY_1, False), ("2", DAY_1, END, False)],
    9: [("1", BORN, END, False)],
}


TABLES: Final = (
    *("raw_crm.customers", "raw_crm.accounts"),
    *("raw_billing.subscriptions", "raw_metering.meters"),
)
# the delivery that lacks half of what the one before held
SHRUNK: Final = 3


def extract(directory: Path, as_of: date, rows: Mapping[int, int]) -> Path:
    """Write one delivery: the same rows of all four, by number and value."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "mapping.yml").write_text(MAPPING.format(as_of=as_of), encoding="utf-8")
    for name in ENTITIES:
        with (directory / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("number", "value", "since"))
            writer.writerows((number, value, BORN) for number, value in rows.items())
    return directory


def build_in_place(project: Project) -> None:
    """As `dbt build` does, on the published file itself."""
    options = ("--exclude-resource-type", "unit_test", "--indirect-selection", "buildable")
    arguments = ("build", *options, "--select", " ".join(MODELS))
    run_dbt(project, project.warehouse, arguments, silent)


def histories(project: Project) -> dict[str, dict[int, list[tuple[object, ...]]]]:
    """Versions of every dimension by the number of the entity: value, first day, end, whether deleted."""
    found: dict[str, dict[int, list[tuple[object, ...]]]] = {}
    for name, (dimension, key, value) in DIMENSIONS.items():
        sql = (
            f"select {key}[2:]::int, {value}, effective_date, expiry_date, is_deleted"
            f" from {dimension} order by 1, 3"
        )
        for number, *version in query(project, sql):
            found.setdefault(name, {}).setdefault(number, []).append(tuple(version))
    return found


@pytest.fixture(scope="module")
def told(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The first two days, delivered as often as said, each delivery built at once. Read only."""
    place = tmp_path_factory.mktemp("told")
    project = workshop.project("told history")
    days = [(DAY_0, rows) for rows in FIRST_DAY] + [(DAY_1, rows) for rows in SECOND_DAY]
    for number, (as_of, rows) in enumerate(days):
        workflow.load(
            project,
            extract(place / str(number), as_of, rows),
            None,
            frozen_clock,
            silent,
            allow_shrink=TABLES if number == SHRUNK else (),
        )
        if number % 2:
            build_in_place(project)
        else:
            workshop.build(project, select=MODELS)
    return project


def test_every_day_leaves_one_version_whatever_was_delivered_of_it(told: Project) -> None:
    assert histories(told) == dict.fromkeys(ENTITIES, HISTORY)


def test_the_snapshots_hold_no_row_without_length(told: Project) -> None:
    for name in ENTITIES:
        versions = query(
            told,
            "select count(*), count(*) filter (where dbt_valid_from >= dbt_valid_to)"
            f" from snapshots.snap_{name}",
        )
        assert versions == [(sum(map(len, HISTORY.values())), 0)]


def hurt(project: Project) -> None:
    """Leave in the snapshots what earlier versions did, and worse: of every customer, account and so on.

    A row without length on each of its days; the first version twice, one of them open for ever.
    """
    with duckdb.connect(str(project.warehouse)) as connection:
        for name in ENTITIES:
            table = f"snapshots.snap_{name}"
            connection.execute(
                f"insert into {table} select * replace (dbt_valid_from as dbt_valid_to) from {table}"
            )
            connection.execute(
                f"insert into {table} select * replace (timestamp '9999-12-31' as dbt_valid_to)"
                f" from {table} where dbt_valid_from = '{DAY_0}' and dbt_valid_to > dbt_valid_from"
            )


def test_a_warehouse_that_was_hurt_recovers_at_its_next_build(
    workshop: Workshop, told: Project, tmp_path: Path
) -> None:
    """On the day it was hurt, in place, with two versions of that day that both hold on; and on the day after."""
    project = workshop.copy(told, "hurt history")
    hurt(project)
    with duckdb.connect(str(project.warehouse)) as connection:
        for name in ENTITIES:
            table = f"snapshots.snap_{name}"
            connection.execute(
                f"insert into {table} select * replace (timestamp '{DAY_1}' as dbt_valid_from)"
                f" from {table} where dbt_valid_from = '{DAY_0}'"
            )
    build_in_place(project)
    assert histories(project) == dict.fromkeys(ENTITIES, HISTORY)

    hurt(project)
    later = extract(tmp_path / "later", DAY_2, SECOND_DAY[-1] | {2: 3})
    workflow.load(project, later, None, frozen_clock, silent)
    workshop.build(project, select=MODELS)
    changed = HISTORY | {
        2: [("1", BORN, DAY_1, False), ("2", DAY_1, DAY_2, False), ("3", DAY_2, END, False)]
    }
    assert histories(project) == dict.fromkeys(ENTITIES, changed)


def test_an_earlier_day_is_refused_until_its_history_may_go(
    workshop: Workshop, told: Project, tmp_path: Path
) -> None:
    """Then what was recorded since goes, and what was recorded before stays."""
    project = workshop.copy(told, "earlier history")
    before = project.warehouse.read_bytes()
    earlier = extract(tmp_path / "earlier", date(2024, 2, 28), SECOND_DAY[-1])
    with pytest.raises(LoadRefusedError) as refused:
        workflow.load(project, earlier, None, frozen_clock, silent)
    (line,) = refused.value.problems
    assert "2024-02-28 is earlier than the recorded history, which extends to 2024-02-29" in line
    assert "would drop 16 versions" in line
    assert "--drop-history" in line
    assert project.warehouse.read_bytes() == before

    loaded = workflow.load(project, earlier, None, frozen_clock, silent, drop_history=True)
    assert any("dropped" in note for note in loaded.landed.notes)
    workshop.build(project, select=MODELS)
    moved = {
        number: [
            tuple(date(2024, 2, 28) if value == DAY_1 else value for value in version)
            for version in versions
        ]
        for number, versions in HISTORY.items()
    }
    assert histories(project) == dict.fromkeys(ENTITIES, moved)
