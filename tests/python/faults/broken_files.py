"""Files that are cut short, emptied, swapped, full of noise, or no files: one line says what to do."""

from __future__ import annotations

import gzip
import io
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipeline.paths import Project
from tests.python.faults.trials import Kind, Trial, Watch, refusal, shown
from tests.python.pipeline.damage import NotBoundError, prefix_of_a_bound_user, put
from tests.python.pipeline.toy import Toy, make_toy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.python.faults.trials import Setting
    from tests.python.pipeline.toy import Outcome

_EVERY_IN_SHORT = 6
_NOISE = 20_000

_MAPPING = """
as_of: 2024-03-31
defaults: {line_of_business: trade_credit, currency: USD}
tables:
  raw_billing.invoices:
    file: FILE
    columns: {invoice_id: number, account_id: customer, invoice_date: issued, amount: amount}
"""
_INVOICES = "number,customer,issued,amount\n" + "".join(
    f"{number:06},ACME,2024-01-31,{number}.00\n" for number in range(500)
)
_CONFIG = """
period: {first_month: 2024-01, months: 6}
subscription: {customers: 20}
"""


@dataclass(frozen=True)
class _Setup:
    """A toy with a built warehouse, and an extract and a configuration beside it."""

    toy: Toy
    chance: Random

    @property
    def warehouse(self) -> Path:
        """The published file."""
        return self.toy.project.warehouse

    @property
    def journal(self) -> Path:
        """Its write-ahead log, as a killed writer leaves one."""
        return Path(f"{self.warehouse}.wal")

    @property
    def extracts(self) -> Path:
        """Directory of the mapping and its file."""
        return self.warehouse.parent / "extracts"

    @property
    def config(self) -> Path:
        """A configuration of the simulator."""
        return self.warehouse.parent / "config.yml"

    def noise(self) -> bytes:
        """Random bytes."""
        return self.chance.randbytes(_NOISE)

    def cut(self, content: bytes) -> bytes:
        """The content up to somewhere in its middle."""
        size = len(content)
        return content[: self.chance.randint(size // 10, size - size // 10)]

    def file(self, name: str, content: bytes) -> None:
        """Put a file into the extract, and map it."""
        (self.extracts / name).write_bytes(content)
        (self.extracts / "mapping.yml").write_text(_MAPPING.replace("FILE", name))


@dataclass(frozen=True)
class _Break:
    """A broken file.

    Attributes:
        what: What is done to which file.
        command: The command that then meets it; `LOAD` and `SEED` are replaced by those of the set-up.
        do: Does it.
        is_bound: Whether the command runs as a user whom permissions bind.
    """

    what: str
    command: str
    do: Callable[[_Setup], object]
    is_bound: bool = False


# --- what is swapped for what


def _parquet(setup: _Setup) -> bytes:
    path = setup.extracts / "made.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select range::varchar as number, 'ACME' as customer, date '2024-01-31' as issued,"
            f" 1.00::decimal(18, 2) as amount from range(5000)) to '{path}' (format parquet)"
        )
    content = path.read_bytes()
    path.unlink()
    return content


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("invoices.csv", _INVOICES)
    return packed.getvalue()


def _journal(path: Path, rows: int) -> bytes:
    """The write-ahead log of a writer that was killed in another database."""
    with duckdb.connect(str(path), config={"checkpoint_threshold": "1GB"}) as connection:
        connection.execute("create table mine as select range as a from range(10)")
        connection.execute("checkpoint")
        connection.execute(f"insert into mine select range from range({rows})")
        content = Path(f"{path}.wal").read_bytes()
    path.unlink()
    return content


def _another_database(setup: _Setup) -> None:
    setup.warehouse.unlink()
    with duckdb.connect(str(setup.warehouse)) as connection:
        connection.execute("create table mine as select 1 as a")


def _overwrite_blocks(setup: _Setup) -> None:
    content = setup.warehouse.read_bytes()
    key = setup.chance.randint(1, 255)
    setup.warehouse.write_bytes(content[:12288] + bytes(byte ^ key for byte in content[12288:]))


def _make_workspace_a_file(setup: _Setup) -> None:
    shutil.rmtree(setup.toy.project.workspace)
    _replace(setup.toy.project.workspace, b"")


def _close(path: Path) -> None:
    path.chmod(0)


def _replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)


BREAKS = (
    # the published file
    _Break("published file cut short", "build", lambda s: _replace(s.warehouse, s.cut(s.warehouse.read_bytes()))),
    _Break("published file emptied", "advance", lambda s: _replace(s.warehouse, b"")),
    _Break("published file full of noise", "status", lambda s: _replace(s.warehouse, s.noise())),
    _Break("blocks of the published file overwritten", "build", _overwrite_blocks),
    _Break("published file swapped for a CSV file", "replay", lambda s: _replace(s.warehouse, _INVOICES.encode())),
    _Break("published file swapped for a Parquet file", "SEED", lambda s: _replace(s.warehouse, _parquet(s))),
    _Break("published file swapped for another database", "build", _another_database),
    _Break("directory in place of the published file", "build", lambda s: put(s.warehouse, "directory")),
    _Break("pipe in place of the published file", "status", lambda s: put(s.warehouse, "pipe")),
    _Break("link to itself in place of the published file", "LOAD", lambda s: put(s.warehouse, "loop")),
    _Break("published file without permission", "build", lambda s: _close(s.warehouse), is_bound=True),
    # its journal
    _Break("journal full of noise", "build", lambda s: _replace(s.journal, s.noise())),
    _Break("journal swapped for another database's", "build", lambda s: _replace(s.journal, _journal(s.warehouse.with_name("other.duckdb"), 1000))),
    _Break("directory in place of the journal", "build", lambda s: put(s.journal, "directory")),
    # the workspace
    _Break("file in place of the workspace", "build", _make_workspace_a_file),
    _Break("directory in place of the lock", "build", lambda s: put(s.toy.project.lock, "directory")),
    _Break("pipe in place of the lock", "status", lambda s: put(s.toy.project.lock, "pipe")),
    _Break("lock without permission", "build", lambda s: _close(s.toy.project.lock), is_bound=True),
    _Break("directory in place of the run history", "build", lambda s: put(s.toy.project.runs, "directory")),
    _Break("pipe in place of the run history", "status", lambda s: put(s.toy.project.runs, "pipe")),
    _Break("run history without permission", "build", lambda s: _close(s.toy.project.runs), is_bound=True),
    # the project
    _Break("dbt_project.yml full of noise", "build", lambda s: _replace(s.toy.project.root / "dbt_project.yml", s.noise())),
    _Break("profiles.yml emptied", "build", lambda s: _replace(s.toy.project.root / "profiles.yml", b"")),
    _Break("model full of noise", "build", lambda s: _replace(s.toy.project.root / "models" / "answers.sql", s.noise())),
    # the configuration of the simulator
    _Break("configuration missing", "SEED", lambda s: s.config.unlink()),
    _Break("configuration full of noise", "SEED", lambda s: _replace(s.config, s.noise())),
    _Break("configuration cut short", "SEED", lambda s: _replace(s.config, _CONFIG.encode()[:30])),
    _Break("directory in place of the configuration", "SEED", lambda s: put(s.config, "directory")),
    # the mapping
    _Break("mapping missing", "LOAD", lambda s: (s.extracts / "mapping.yml").unlink()),
    _Break("mapping emptied", "LOAD", lambda s: _replace(s.extracts / "mapping.yml", b"")),
    _Break("mapping full of noise", "LOAD", lambda s: _replace(s.extracts / "mapping.yml", s.noise())),
    _Break("mapping cut short", "LOAD", lambda s: _replace(s.extracts / "mapping.yml", _MAPPING.encode()[:-20])),
    _Break("directory in place of the mapping", "LOAD", lambda s: put(s.extracts / "mapping.yml", "directory")),
    _Break("mapping without permission", "LOAD", lambda s: _close(s.extracts / "mapping.yml"), is_bound=True),
    # the files of an extract
    _Break("CSV file emptied", "LOAD", lambda s: s.file("invoices.csv", b"")),
    _Break("CSV file full of noise", "LOAD", lambda s: s.file("invoices.csv", s.noise())),
    _Break("CSV file swapped for a Parquet file", "LOAD", lambda s: s.file("invoices.csv", _parquet(s))),
    _Break("CSV file swapped for a zip archive", "LOAD", lambda s: s.file("invoices.csv", _zip())),
    _Break("directory in place of the CSV file", "LOAD", lambda s: put(s.extracts / "invoices.csv", "directory")),
    _Break("pipe in place of the CSV file", "LOAD", lambda s: put(s.extracts / "invoices.csv", "pipe")),
    _Break("CSV file without permission", "LOAD", lambda s: _close(s.extracts / "invoices.csv"), is_bound=True),
    _Break("zipped CSV file cut short", "LOAD", lambda s: s.file("invoices.csv.gz", s.cut(gzip.compress(_INVOICES.encode())))),
    _Break("zipped CSV file full of noise", "LOAD", lambda s: s.file("invoices.csv.gz", s.noise())),
    _Break("zipped CSV file swapped for a zip archive", "LOAD", lambda s: s.file("invoices.csv.gz", _zip())),
    _Break("Parquet file cut short", "LOAD", lambda s: s.file("invoices.parquet", s.cut(_parquet(s)))),
    _Break("Parquet file emptied", "LOAD", lambda s: s.file("invoices.parquet", b"")),
    _Break("Parquet file full of noise", "LOAD", lambda s: s.file("invoices.parquet", s.noise())),
    _Break("Parquet file swapped for a CSV file", "LOAD", lambda s: s.file("invoices.parquet", _INVOICES.encode())),
)  # fmt: skip


def try_all(setting: Setting) -> Iterator[Trial]:
    """Break one file after the other, each in a toy of its own."""
    breaks = BREAKS[setting.seed % _EVERY_IN_SHORT :: _EVERY_IN_SHORT] if setting.short else BREAKS
    built = make_toy(setting.directory("built"))
    outcome = built.run("build")
    if outcome.code != 0:
        message = f"the toy cannot be built: {outcome.stderr}"
        raise RuntimeError(message)
    for number, broken in enumerate(breaks):
        yield _try(setting, built, broken, setting.place / str(number))


def _try(setting: Setting, built: Toy, broken: _Break, place: Path) -> Trial:
    watch = Watch()
    setup = _set_up(setting, built, place)
    before = setup.warehouse.read_bytes()
    broken.do(setup)
    left = setup.warehouse.read_bytes() if setup.warehouse.is_file() else None
    options = {
        "LOAD": ("load", str(setup.extracts)),
        "SEED": ("seed", "--config", str(setup.config), "--replace"),
    }
    arguments = options.get(broken.command, (broken.command,))
    what = f"{broken.what}: {arguments[0]}"
    try:
        outcome = _run(setup, arguments, is_bound=broken.is_bound)
    except NotBoundError as error:
        return Trial(what, f"not tried: {error}", None, watch.seconds)
    breach = refusal(outcome, most_details=1)
    after = setup.warehouse.read_bytes() if setup.warehouse.is_file() else None
    if after != left:
        breach = "the published file has changed"
    if left == before and breach is None and Path(setup.toy.project.staging).exists():
        breach = "a copy was left"
    return Trial(what, shown(outcome), breach, watch.seconds)


def _run(setup: _Setup, arguments: tuple[str, ...], *, is_bound: bool) -> Outcome:
    if is_bound:
        prefix = prefix_of_a_bound_user(setup.warehouse.parent)
        return setup.toy.run_apart(*arguments, prefix=prefix)
    return setup.toy.run(*arguments)


def _set_up(setting: Setting, built: Toy, place: Path) -> _Setup:
    shutil.copytree(built.project.warehouse.parent, place)
    setup = _Setup(Toy(Project(place / "project", place / "warehouse.duckdb")), setting.chance)
    setup.extracts.mkdir()
    setup.file("invoices.csv", _INVOICES.encode())
    setup.config.write_text(_CONFIG)
    return setup


KIND = Kind(
    "broken-files",
    "files cut short, emptied, swapped, full of noise, closed or no files",
    (len(BREAKS), len(BREAKS) // _EVERY_IN_SHORT),
    try_all,
)
