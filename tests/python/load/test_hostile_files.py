"""What lies beside a mapping may come from somebody else: which files are opened, and how much of them is read."""

from __future__ import annotations

import gzip
import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from seeders.extracts import LoadError, LoadReport, load_extracts, records
from seeders.extracts.bounds import Bounds, BoundsError
from seeders.extracts.records import Rejects
from tests.python.load.helpers import GOOD, HEADER, INVOICES

BOUNDS = Bounds()


def load(directory: Path, mapping: str = INVOICES, bounds: Bounds = BOUNDS) -> LoadReport:
    """Load a directory that has its files already."""
    (directory / "mapping.yml").write_text(mapping, encoding="utf-8")
    return load_extracts(duckdb.connect(), directory, bounds=bounds)


def refused(directory: Path, mapping: str = INVOICES, bounds: Bounds = BOUNDS) -> str:
    """The one line that a load is refused with, within seconds."""
    began = time.monotonic()
    with pytest.raises(LoadError) as found:
        load(directory, mapping, bounds)
    assert time.monotonic() - began < 10
    (message,) = found.value.messages
    assert "\n" not in message
    return message


def naming(file: str) -> str:
    return INVOICES.replace("invoices.csv", f"'{file}'")


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """A directory for extracts beside another one with a file in it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "invoices.csv").write_bytes(HEADER + GOOD)
    (tmp_path / "extracts").mkdir()
    return tmp_path / "extracts"


def test_a_link_within_the_directory_is_followed(extracts: Path) -> None:
    (extracts / "2024.csv").write_bytes(HEADER + GOOD)
    (extracts / "invoices.csv").symlink_to("2024.csv")
    assert load(extracts).tables[0].landed == 2


def test_a_directory_may_be_a_link_itself(extracts: Path) -> None:
    (extracts / "invoices.csv").write_bytes(HEADER + GOOD)
    link = extracts.parent / "link"
    link.symlink_to(extracts)
    assert load(link).tables[0].landed == 2


@pytest.mark.parametrize(
    "file",
    [
        "../elsewhere/invoices.csv",
        "../elsewhere/*.csv",
        "../else*/invoices.csv",
        "../elsewhere/no such.csv",
        "ABSOLUTE/invoices.csv",
        "ABSOLUTE/*.csv",
        "/etc/*.csv",
        "linked.csv",
        "link*.csv",
        "folder/invoices.csv",
        "folder/*.csv",
    ],
)
def test_what_leads_out_of_the_directory_is_refused_unless_it_is_allowed(
    extracts: Path, file: str
) -> None:
    elsewhere = extracts.parent / "elsewhere"
    (extracts / "linked.csv").symlink_to(elsewhere / "invoices.csv")
    (extracts / "folder").symlink_to(elsewhere)
    mapping = naming(file.replace("ABSOLUTE", str(elsewhere)))
    told = refused(extracts, mapping)
    assert "--allow-dir" in told
    assert "leads out of" in told

    allowed = replace(BOUNDS, directories=(elsewhere,))
    if file == "/etc/*.csv":
        assert "leads out of" in refused(extracts, mapping, allowed)
    elif file == "../else*/invoices.csv":
        # to look for a folder is to look at all of them
        assert "leads out of" in refused(extracts, mapping, allowed)
    elif "no such" in file:
        assert "no such file" in refused(extracts, mapping, allowed)
    else:
        assert load(extracts, mapping, allowed).tables[0].landed == 2


def test_the_refusal_does_not_tell_what_is_there(extracts: Path) -> None:
    there = refused(extracts, naming("../elsewhere/invoices.csv"))
    absent = refused(extracts, naming("../elsewhere/nothing.csv"))
    assert there.replace("invoices", "nothing") == absent


def test_dots_behind_a_pattern_are_refused(extracts: Path) -> None:
    (extracts / "inner").mkdir()
    assert "`..` cannot follow" in refused(extracts, naming("*/../../elsewhere/*.csv"))


def test_a_mapping_that_is_a_link_elsewhere_is_refused(extracts: Path) -> None:
    (extracts.parent / "elsewhere" / "mapping.yml").write_text("root:x:0:0\n")
    (extracts / "mapping.yml").symlink_to(extracts.parent / "elsewhere" / "mapping.yml")
    with pytest.raises(LoadError, match=r"mapping.yml: leads out of"):
        load_extracts(duckdb.connect(), extracts)


@pytest.mark.parametrize("pattern", ["invoices.csv", "inv*.csv"])
@pytest.mark.parametrize("kind", ["a pipe", "a directory", "a socket", "a device"])
def test_what_is_no_file_is_refused_before_it_is_opened(
    extracts: Path, kind: str, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = extracts / "invoices.csv"
    bounds = BOUNDS
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a directory":
        path.mkdir()
    elif kind == "a socket":
        monkeypatch.chdir(extracts)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    else:
        path.symlink_to("/dev/zero")
        bounds = replace(BOUNDS, directories=(Path("/dev"),))
    assert refused(extracts, naming(pattern), bounds) == f"invoices.csv: is {kind}, not a file"


def test_a_file_called_like_a_pattern_hides_no_other(extracts: Path) -> None:
    (extracts / "*.csv").write_bytes(HEADER + GOOD)
    (extracts / "more.csv").write_bytes(HEADER + GOOD.replace(b"00", b"10"))
    assert load(extracts, naming("*.csv")).tables[0].files == ("*.csv", "more.csv")


def test_a_file_called_like_a_pattern_is_found_by_its_name(extracts: Path) -> None:
    (extracts / "invoices[1].csv").write_bytes(HEADER + GOOD)
    assert load(extracts, naming("invoices[1].csv")).tables[0].files == ("invoices[1].csv",)
    # the pattern's own file comes first, and nobody can say which of them was meant
    (extracts / "invoices1.csv").write_bytes(HEADER + GOOD)
    assert "rename the file" in refused(extracts, naming("invoices[1].csv"))


@pytest.mark.parametrize("file", ["a\\0b.csv", "x" * 300 + ".csv", "x/" * 3000 + "y.csv"])
def test_a_name_that_no_file_can_have_is_told(extracts: Path, file: str) -> None:
    told = refused(extracts, INVOICES.replace("invoices.csv", f'"{file}"'))
    assert "no such file" in told or "no file" in told


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
MERGES = "m0: &m0 {a: 1, b: 2}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (BOMB, "more than 100,000 values"),
        (MERGES, "more than 100,000 values"),
        (BOMB + "tables: *a9\n", "more than 100,000 values"),
        ("x: &x [*x]\n", "is complete before it"),
        ("x: *y\n", "is complete before it"),
        (INVOICES + "#" * (1 << 20), "more than 1,048,576 bytes"),
        ("as_of: " + "[" * 50 + "]" * 50, "nested too deeply"),
    ],
    ids=["aliases", "merges", "used", "itself", "nothing", "bytes", "depth"],
)
def test_a_mapping_has_a_bound(extracts: Path, mapping: str, words: str) -> None:
    assert words in refused(extracts, mapping)


def test_an_alias_that_stands_for_little_is_read(extracts: Path) -> None:
    (extracts / "invoices.csv").write_bytes(HEADER + GOOD)
    columns = INVOICES[INVOICES.index("      invoice_id") :].strip("\n")
    mapping = (
        "as_of: 2024-12-31\ntables:\n  raw_billing.invoices:\n"
        f"  - file: invoices.csv\n    where: amount = '12.50'\n    columns: &c\n{columns}\n"
        "  - file: invoices.csv\n    where: amount <> '12.50'\n    columns: *c\n"
    )
    assert load(extracts, mapping).tables[0].landed == 2


def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_refused(extracts: Path) -> None:
    with gzip.open(extracts / "invoices.csv.gz", "wb", compresslevel=1) as file:
        file.write(HEADER)
        for _ in range(10):
            file.write(b"\n" * (8 << 20))
    told = refused(extracts, naming("invoices.csv.gz"))
    assert told == (
        "invoices.csv.gz: more than 200 times its own size when unpacked:"
        " if that is right, say --limit unpacked_ratio=NUMBER with a larger one"
    )


def test_a_line_too_short_for_its_header_costs_no_more_than_its_limit(extracts: Path) -> None:
    (extracts / "invoices.csv").write_bytes(HEADER + b"1\n" * 500_000)
    told = refused(extracts)
    assert told.startswith("invoices.csv: more than 100,000 lines that are not rows")
    assert "--limit rejected_lines=NUMBER" in told
    # a control: as many as are allowed
    few = replace(BOUNDS, rejected_lines=3)
    (extracts / "invoices.csv").write_bytes(HEADER + GOOD + b"1\n" * 3)
    assert load(extracts, bounds=few).tables[0].rejected_lines == 3
    (extracts / "invoices.csv").write_bytes(HEADER + GOOD + b"1\n" * 4)
    assert "more than 3 lines that are not rows" in refused(extracts, bounds=few)


def test_the_rejected_lines_of_several_files_are_counted_together(extracts: Path) -> None:
    few = replace(BOUNDS, rejected_lines=3)
    for name in ("a", "b"):
        (extracts / f"{name}.csv").write_bytes(HEADER + GOOD + b"1\n" * 2)
    assert refused(extracts, naming("*.csv"), few).startswith("b.csv: more than 3 lines")


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (replace(BOUNDS, columns=4), "more than 4 columns"),
        (replace(BOUNDS, rows=1), "more than 1 rows in all files together"),
        (replace(BOUNDS, unpacked_bytes=50), "more than 50 bytes in all files together"),
        (replace(BOUNDS, files=1), "more than 1 files of one pattern"),
    ],
    ids=["columns", "rows", "bytes", "files"],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_has_bounds(extracts: Path, bounds: Bounds, words: str, kind: str) -> None:
    for name in ("one", "two"):
        path = extracts / f"{name}.{kind}"
        duckdb.execute(
            "copy (select '001' as id, 'A1' as account, '2024-01-31' as issued, '12.50' as amount,"
            f" 'USD' as currency) to '{path}'"
        )
    assert words in refused(extracts, naming(f"*.{kind}"), bounds)
    assert load(extracts, naming(f"*.{kind}")).tables[0].landed == 2


def test_a_header_of_fifty_thousand_columns_is_refused(extracts: Path) -> None:
    (extracts / "invoices.csv").write_text(",".join(f"c{n}" for n in range(50_000)) + "\n")
    assert "more than 2,000 columns" in refused(extracts)


def test_a_load_that_needs_more_memory_than_it_may_take_says_so(extracts: Path) -> None:
    (extracts / "invoices.csv").write_bytes(HEADER + GOOD)
    told = refused(extracts, bounds=replace(BOUNDS, memory="1KB"))
    assert told == "the files need more than 1KB of memory: set WAREHOUSE_MEMORY_LIMIT to more"


@pytest.mark.parametrize(
    "given", ["rows", "rows=", "rows=0", "rows=-1", "rows=many", "memory=1", "x=1"]
)
def test_a_limit_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(BoundsError, match="--limit"):
        BOUNDS.with_limits([given])


def test_limits_are_raised_one_by_one() -> None:
    raised = BOUNDS.with_limits(["rows=500_000_000", "columns=3000"])
    assert raised == replace(BOUNDS, rows=500_000_000, columns=3_000)


def test_no_more_rejected_lines_are_kept_than_may_be() -> None:
    rejects = Rejects(most=2)
    for line in range(2):
        rejects.add(line, ("too_few_columns",), b"x")
    assert not rejects.are_too_many
    rejects.add(3, ("too_few_columns",), b"x")
    assert rejects.are_too_many
    assert len(rejects.lines) == 2


def test_no_more_text_of_rejected_lines_is_kept_than_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "REJECTED_BYTES", 10)
    rejects = Rejects()
    for line in range(5):
        rejects.add(line, ("too_few_columns",), b"x" * 6)
    assert rejects.are_too_many
    assert len(rejects.lines) == 2
