"""A cut of what `make faults` tries: a few faults of every kind, each of which must hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.python.faults.page import PAGE, Result, without_places, write_figures, write_results
from tests.python.faults.run import KINDS, NAMES
from tests.python.faults.trials import NotTriedError, Setting, Trial, refusal
from tests.python.pipeline.toy import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from tests.python.faults.trials import Kind
    from tests.python.warehouse.compiled_estate import Estate
    from tests.python.workshop import Workshop


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of all kinds."""
    return tmp_path_factory.mktemp("faults")


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_a_few_faults_of_every_kind(
    kind: Kind, workshop: Workshop, place: Path, root_seed: int, request: pytest.FixtureRequest
) -> None:
    def estate() -> Estate:
        found: Estate = request.getfixturevalue("estate")
        return found

    own = place / kind.name
    own.mkdir()
    setting = Setting(kind.name, own, root_seed, short=True, workshop=workshop, compiled=estate)
    try:
        trials = list(kind.try_all(setting))
    except NotTriedError as error:
        pytest.skip(str(error))
    assert [(trial.what, trial.breach) for trial in trials if trial.breach] == []
    assert len(trials) >= kind.count[1]


# --- what is taken for a refusal, and what is written down


@pytest.mark.parametrize(
    ("code", "stderr", "breach"),
    [
        (1, "error: broken: move it away\n", None),
        (2, "error: broken\n", None),
        (1, "  a problem\nerror: 1 problem\n", None),
        (0, "error: broken\n", "exit code 0"),
        (-9, "", "exit code -9"),
        (1, "", "no line that says what to do"),
        (1, "Traceback (most recent call last):\nerror: broken\n", "says 'Traceback'"),
        (1, "error: ValueError: x; this is a bug, see y\n", "says 'this is a bug'"),
        (1, "something\nerror: broken\n", "2 lines"),
        (1, "  one\n  two\nerror: broken\n", "3 lines"),
    ],
)
def test_a_refusal_is_one_line_and_a_code(code: int, stderr: str, breach: str | None) -> None:
    assert refusal(Outcome(code, "", stderr), most_details=1) == breach


def test_figures_are_put_where_they_belong(tmp_path: Path) -> None:
    page, results = tmp_path / "page.md", tmp_path / "results.md"
    page.write_text("a <!-- disks -->0 of 0<!-- / --> b <!-- feeds -->1 of 1<!-- / -->\n")
    kind = next(kind for kind in KINDS if kind.name == "disks")
    trials = (Trial("one", "fine | dandy"), Trial("two", "gone", "the file is gone"))
    tried = Result(kind, 7, trials, 1.0)
    write_figures(page, [tried, Result(kind, 7, (), 0.0, "no disks here")])
    write_results(results, [tried], NAMES)
    assert page.read_text() == "a <!-- disks -->1 of 2<!-- / --> b <!-- feeds -->1 of 1<!-- / -->\n"
    assert "1 of 2 held, in 1 s; seed 7" in results.read_text()
    assert "| one   | fine \\| dandy" in results.read_text()
    assert "| two   | the file is gone" in results.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_promises_has_a_place_for_the_figure_of_each_kind(name: str) -> None:
    assert len(re.findall(f"<!-- {name} -->.+?<!-- / -->", PAGE.read_text())) == 1


def test_no_place_of_this_machine_is_written_down(tmp_path: Path) -> None:
    told = without_places(Trial(f"in {tmp_path}/x", f"{tmp_path}/y is gone"), tmp_path)
    assert (told.what, told.got) == ("in …/x", "…/y is gone")
