"""One test a model holds all its rules: each of them is seen to fail on rows that break it, by its name."""

from __future__ import annotations

import random
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from tests.python.warehouse.compiled_estate import Estate

ROWS: Final = 150
RELATION: Final = re.compile(r'from ("\w+"\."(\w+)"\."(\w+)")')

# Few values of each kind, so that keys repeat; null often, so that any rule that knows no null breaks.
VALUES: Final[Mapping[str, tuple[object, ...]]] = {
    "VARCHAR": (None, "planted", "resolved"),
    "BOOLEAN": (None, False, True),
    "DATE": (None, date(2024, 1, 1), date(2024, 1, 2)),
    "TIMESTAMP": (None, datetime(2024, 1, 1), datetime(2024, 1, 2, 7)),  # noqa: DTZ001
    "number": (None, -1, 0, 1, 7),
}
SEVERAL: Final = 2


@pytest.fixture(scope="module")
def declared() -> dict[str, list[str]]:
    """The names of the rules of every model, as its yml file has them."""
    import yaml  # noqa: PLC0415

    found: dict[str, list[str]] = {}
    for path in sorted((CHECKOUT / "models").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            for test in model.get("data_tests", []):
                if isinstance(test, dict) and "model_holds" in test:
                    found[test["model_holds"]["name"]] = list(
                        _rules(test["model_holds"]["arguments"])
                    )
    return found


def _rules(said: Mapping[str, Any]) -> Iterator[str]:
    for columns in [*([said["key"]] if "key" in said else []), *said.get("other_keys", [])]:
        verb = "is" if len(columns) == 1 else "are"
        yield f"{'_and_'.join(columns)}_{verb}_unique"
    for column in said.get("not_null", []):
        yield f"{column}_is_not_null"
    for column in said.get("accepted_values", {}):
        yield f"{column}_is_an_accepted_value"
    for rule in said.get("rules", []):
        yield rule["name"]


def test_every_rule_of_every_model_is_seen_to_fail(
    estate: Estate, declared: Mapping[str, list[str]]
) -> None:
    """On rows drawn at random; at most three rows come back for each rule, with how many there are."""
    estate.run({}, date(2024, 6, 30))
    assert {name for name in estate.tests if name.endswith("_holds")} == set(declared)
    unseen = {}
    for name, rules in declared.items():
        relation = RELATION.search(estate.tests[name])
        assert relation is not None, name
        _plant(estate.connection, relation[1])
        rows = estate.query(
            "select broken_rule, any_value(broken_rows), count(*), count(distinct broken_rows)"
            f" from ({estate.tests[name].replace(relation[1], 'planted')}) as broken group by all"
        )
        assert all(shown == min(broken, 3) and one == 1 for _, broken, shown, one in rows), name
        missing = set(rules) ^ {rule for rule, *_ in rows}
        if missing:
            unseen[name] = missing
    assert unseen == {}


def test_a_model_whose_rules_hold_is_passed(estate: Estate) -> None:
    """A key of one column may be null twice, one of several may not; nothing else is asked of a null."""
    sql = estate.tests["stg_control__extract_batches_holds"]
    relation = RELATION.search(sql)
    assert relation is not None
    estate.run({}, date(2024, 6, 30))
    connection = estate.connection
    connection.execute(f"create or replace temp table planted as from {relation[1]}")
    assert connection.execute(sql.replace(relation[1], "planted")).fetchall() == []
    for _ in range(SEVERAL):
        connection.execute("insert into planted (batch_id) values (null)")
    broken = connection.execute(sql.replace(relation[1], "planted")).fetchall()
    assert not [row for row in broken if "unique" in str(row)]


def _plant(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """A temporary table like this one, of rows drawn at random from a fixed seed."""
    drawn = random.Random(7)  # noqa: S311  (planted rows need no cryptography)
    connection.execute(f"create or replace temp table planted as from {relation} limit 0")
    columns = connection.execute("describe planted").fetchall()
    choices = [_choices(kind) for _, kind, *_ in columns]
    rows = [[drawn.choice(values) for values in choices] for _ in range(ROWS)]
    # all alike and without nulls: whatever the key and whichever rows it is asked of, it repeats
    rows += [[values[-1] for values in choices]] * SEVERAL
    marks = f"({', '.join('?' * len(columns))})"
    connection.execute(
        f"insert into planted values {', '.join([marks] * len(rows))}",
        [value for row in rows for value in row],
    )


def _choices(kind: str) -> tuple[object, ...]:
    """Values of a column's type; null alone where it is none of those above, as a list is."""
    numeric = re.match(r"DECIMAL|.*INT|DOUBLE|FLOAT", kind) and not kind.endswith("]")
    return VALUES.get("number" if numeric else kind, (None,))
