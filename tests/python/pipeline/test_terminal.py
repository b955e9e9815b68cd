"""Text from outside reaches the terminal without control characters and is never parsed as markup."""

from __future__ import annotations

import ast
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from rich.table import Table
from rich.text import Text

import pipeline
from pipeline.history import Run
from pipeline.paths import Project
from pipeline.progress import progress_bar
from pipeline.terminal import safe, terminal
from pipeline.verdicts import Finding, SourceRows, Verdicts
from tests.python.pipeline.toy import Toy, make_toy

if TYPE_CHECKING:
    from collections.abc import Callable

# sets the title of the window, clears the screen, turns text around, forges a line; closes a tag
HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\r[/x][bold]"
OBEYED = ("\x1b", "\x07", "\x9b", "\u202e", "\r")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë's café [/x] 100 %", "Zoë's café [/x] 100 %"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("two\nlines\tand a tab", r"two\nlines\tand a tab"),
        ("\x9b2J", r"\x9b2J"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        (b"latin \xe9".decode(errors="surrogateescape"), r"latin \udce9"),
        ("back\\slash", "back\\slash"),
    ],
)
def test_a_text_is_written_out_where_a_terminal_would_obey(text: str, shown: str) -> None:
    assert safe(text) == shown
    assert safe(safe(text)) == shown


def test_whatever_is_printed_is_written_out() -> None:
    table = Table()
    table.add_column("name")
    table.add_row(HOSTILE)
    stdout = io.StringIO()
    with redirect_stdout(stdout):
        terminal().print(HOSTILE)
        terminal().print(Text(HOSTILE), table)
    told = stdout.getvalue()
    # rich itself drops some, such as the bell
    assert told.count(r"\x1b]0;title\x1b[2J") == 3
    assert told.count(r"\x1b]0;title\x1b[2J\x9b31m\u202e[/x][bold]") >= 2
    assert not any(character in told for character in OBEYED)


def test_a_progress_bar_shows_a_name_as_it_is() -> None:
    stderr = io.StringIO()
    stderr.isatty = lambda: True  # type: ignore[method-assign]
    with redirect_stderr(stderr), progress_bar("loading") as report:
        report(1, 2, f"reading [/x]{HOSTILE}")
    told = stderr.getvalue()
    assert "reading [/x]" in told
    assert "\x1b]0;" not in told
    assert "\x1b[2J" not in told


@pytest.fixture
def make_named(tmp_path: Path) -> Callable[[str], Toy]:
    """Makes a toy in a directory of a given name."""

    def make(name: str) -> Toy:
        directory = tmp_path / name
        directory.mkdir()
        return make_toy(directory)

    return make


@pytest.mark.parametrize("name", ["[", "x[/x]", "[bold]", "\x1b[2J\x1b]0;title\x07"])
def test_a_path_that_looks_like_markup_is_printed_as_it_is(
    make_named: Callable[[str], Toy], name: str
) -> None:
    directory = "x[" if name == "x[/x]" else name
    toy = make_named(directory)
    if name == "x[/x]":  # the slash is the one between two directories
        inner = toy.project.warehouse.parent / "x]"
        inner.mkdir()
        moved = toy.project.warehouse.rename(inner / "warehouse.duckdb")
        toy = Toy(Project(toy.project.root, moved))
    status = toy.run("status")
    assert status.code == 0, status.stderr
    assert str(toy.project.warehouse).replace("\x1b", r"\x1b").replace("\x07", r"\x07") in "".join(
        line.strip().removeprefix("warehouse  ") for line in status.stdout.splitlines()
    )
    assert not any(character in status.stdout for character in OBEYED)
    toy.project.warehouse.write_bytes(b"no database")
    outcome = toy.run("build")
    assert outcome.code == 1
    assert len(outcome.errors) == 1
    assert not any(character in outcome.stderr for character in OBEYED)


def test_the_history_is_printed_as_it_is(toy: Toy) -> None:
    toy.project.workspace.mkdir()
    run = Run(HOSTILE, datetime(2024, 1, 1, tzinfo=UTC), "failed", 1.0, HOSTILE)
    other = Run("load", datetime(2024, 1, 2, tzinfo=UTC), "published", 1.0, "", {"at": HOSTILE})
    toy.project.runs.write_text("".join(f"{told.to_json()}\n" for told in (run, other)))
    outcome = toy.run("status")
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.count("[/x][bold]") == 3
    assert not any(character in outcome.stdout for character in OBEYED)


def test_a_lock_that_names_no_process_is_no_message(toy: Toy) -> None:
    toy.project.workspace.mkdir()
    toy.project.lock.write_bytes(b"\x1b[2J\xff[/x]")
    status = toy.run("status")
    assert status.code == 0, status.stderr
    assert "at work" not in status.stdout


def test_verdicts_are_printed_as_they_are() -> None:
    found = Finding("raw_billing.invoices", f"unknown:{HOSTILE}", 1, (f"{HOSTILE}.csv line 2",))
    verdicts = Verdicts((SourceRows("raw_billing.invoices", 1, 0, 1),), (found,), (found,))
    stdout = io.StringIO()
    with redirect_stdout(stdout):
        terminal().print(verdicts.render())
    assert stdout.getvalue().count("[/x][bold]") == 4
    assert not any(character in stdout.getvalue() for character in OBEYED)


def test_an_error_is_one_line_whatever_it_names(toy: Toy, tmp_path: Path) -> None:
    directory = tmp_path / "two\nlines\x1b[2J"
    directory.mkdir()
    outcome = toy.run("load", str(directory))
    assert outcome.code == 1
    assert [line for line in outcome.errors if r"two\nlines\x1b[2J" in line]
    assert len(outcome.errors) == 2
    assert not any(character in outcome.stderr for character in OBEYED)


def test_a_name_that_is_no_text_does_not_stop_a_message(toy: Toy, tmp_path: Path) -> None:
    name = b"latin-\xe9".decode(errors="surrogateescape")
    outcome = toy.run("load", str(tmp_path / name))
    assert outcome.code == 1
    assert r"latin-\udce9: no such directory" in outcome.stderr


def test_nothing_is_printed_another_way() -> None:
    """A module that makes a console of its own, or prints, would have to be looked at anew."""
    package = Path(pipeline.__file__).parent
    for module in package.rglob("*.py"):
        if module.name == "terminal.py":
            continue
        tree = ast.parse(module.read_text())
        names = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rich")
            for alias in node.names
        }
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not names & {"Console", "print", "print_json", "inspect"}, module
        assert "print" not in called, module


def test_a_run_whose_values_are_deep_is_a_run(toy: Toy) -> None:
    toy.project.workspace.mkdir()
    line = json.loads(Run("load", datetime(2024, 1, 2, tzinfo=UTC), "published", 1.0).to_json())
    line["details"] = {"files": [[["[/x]"]]]}
    toy.project.runs.write_text(json.dumps(line) + "\n")
    with mock.patch.dict("os.environ", {}):
        assert 'files=[[["[/x]"]]]' in toy.run("status").stdout
