"""Blanks around a text mean nothing, and the source's words for a status are translated as the mapping says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jinja2
import pytest

from pipeline.paths import CHECKOUT
from seeders.extracts import LoadError
from seeders.extracts.currencies import CURRENCIES
from seeders.extracts.statuses import STATUSES, plain_word
from tests.python.load.helpers import GOOD, HEADER, INVOICES, load

if TYPE_CHECKING:
    from pathlib import Path

BLANKS = [" ", "\t", "\u00a0", "\ufeff", "\u2009", "\u3000", "\u200b", " \u00a0\t"]

ACCOUNTS = """\
as_of: 2024-12-31
statuses: {In Kündigung: Active, 'on': suspended, weg: Closed}
tables:
  raw_crm.accounts:
    rows:
      - {account_id: A1, status: in_kündigung}
      - {account_id: A2, status: ' ON '}
      - {account_id: A3, status: past_due}
      - {account_id: A4, cash_application: weg}
  raw_cdc.change_events:
    rows:
      - {event_id: E1, before: null, after: '{"status": "WEG", "plan_id": "B"}'}
      - {event_id: E2, before: '{"status": "weg"}', after: '{"status": "past_due", "x": null}'}
      - {event_id: E3, after: 'no JSON, weg'}
"""


@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_around_a_value_mean_nothing(tmp_path: Path, blank: str) -> None:
    lines = (
        f"{blank}001{blank},{blank}A 1{blank},{blank}2024-01-31{blank},{blank}12.50{blank},USD\n"
    )
    loaded = load(tmp_path, invoices=HEADER + lines.encode() + f"{blank},A2,,,\n".encode())

    rows = loaded.con.execute(
        "select invoice_id, account_id, cast(invoice_date as varchar), amount, _load_reasons"
        " from raw_billing.invoices order by account_id"
    ).fetchall()
    assert [tuple(map(str, row)) for row in rows] == [
        ("001", "A 1", "2024-01-31", "12.50", "None"),
        ("None", "A2", "None", "None", "None"),
    ]


def test_a_mapping_translates_words_for_a_status(tmp_path: Path) -> None:
    loaded = load(tmp_path, ACCOUNTS)

    accounts = loaded.con.execute(
        "select status, cash_application from raw_crm.accounts order by account_id"
    )
    assert accounts.fetchall() == [
        ("Active", None),
        ("Suspended", None),
        ("past_due", None),  # the models know it
        (None, "weg"),  # no status
    ]


def test_words_inside_a_change_feed_are_translated_as_well(tmp_path: Path) -> None:
    loaded = load(tmp_path, ACCOUNTS)

    events = loaded.con.execute(
        "select before, after from raw_cdc.change_events order by event_id"
    ).fetchall()
    assert json.loads(events[0][1]) == {"status": "Closed", "plan_id": "B"}
    assert json.loads(events[1][0]) == {"status": "Closed"}
    assert events[1][1] == '{"status": "past_due", "x": null}'
    assert events[2] == (None, "no JSON, weg")


@pytest.mark.parametrize(
    ("statuses", "problem"),
    [
        ("Active", "expected `word: Status` pairs"),
        ("{weg: Gone}", "statuses: weg: 'Gone' is not one of Active, Trial"),
        ("{on: Active}", "quote the word: 'on'"),
        ("{' -_': Active}", "is not a word"),
        (
            "{past due: Active, Past-Due: Closed}",
            "`Past-Due` is given twice, as Active and as Closed",
        ),
    ],
)
def test_a_word_is_translated_to_a_status_that_is_known(
    tmp_path: Path, statuses: str, problem: str
) -> None:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, f"statuses: {statuses}\n{INVOICES}", invoices=HEADER + GOOD)

    assert sum(problem in line for line in caught.value.messages) == 1, caught.value.messages


def test_a_default_currency_is_a_code(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"currency: 'US\$' is not a code of ISO 4217 like USD"):
        load(tmp_path, "defaults: {currency: US$}\n" + INVOICES, invoices=HEADER + GOOD)


def returned_by(macro: str) -> Any:  # noqa: ANN401
    """What a macro without arguments returns."""
    returned: list[Any] = []
    environment = jinja2.Environment(autoescape=False)  # noqa: S701
    environment.globals["return"] = returned.append
    source = (CHECKOUT / "macros" / "rules" / f"{macro}.sql").read_text(encoding="utf-8")
    environment.from_string(f"{source}{{{{ {macro}() }}}}").render()
    return returned[0]


def test_load_and_models_know_the_same_codes_and_statuses() -> None:
    """Two languages need the lists: they must not part."""
    assert set(returned_by("currency_codes")) == CURRENCIES
    assert set(returned_by("status_words")) == set(STATUSES)


def test_a_word_has_one_meaning_and_is_written_plainly() -> None:
    words = [word for words in returned_by("status_words").values() for word in words]

    assert len(words) == len(set(words))
    assert [word for word in words if word != plain_word(word)] == []
