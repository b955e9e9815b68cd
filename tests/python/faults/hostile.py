"""Mappings, extracts and vars of somebody who means harm: refused in one line, and nothing is read or written outside."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from pipeline import dbt_runner
from pipeline.errors import AuditError, WarehouseError
from pipeline.paths import CHECKOUT, Project
from seeders.extracts import load_extracts
from tests.python.faults.trials import SMALL_WORLD, Kind, Trial, Watch, refusal, run, shown
from tests.python.pipeline.toy import Outcome
from tests.python.workshop import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.python.faults.trials import Setting

_EVERY_IN_SHORT = 9
_PATIENCE = 300.0
_MOST_BYTES = 12 * 2**30
_KILLED = -9

_MAPPING = """
as_of: 2024-03-31
defaults: {line_of_business: trade_credit, currency: USD}
tables:
  raw_billing.invoices:
    file: invoices.csv
    columns: {invoice_id: number, account_id: customer, invoice_date: issued}
"""
_INVOICES = "number,customer,issued,amount\n0001,ACME,2024-01-31,10.00\n"


@dataclass(frozen=True)
class _Setup:
    """An extract, and beside it a directory that is none of its business.

    Attributes:
        extracts: What `load` is given.
        outside: Holds `secret.csv` and a pipe that nobody writes to.
        secret: What stands in the file, and may be seen nowhere.
        port: Where somebody listens.
    """

    extracts: Path
    outside: Path
    secret: str
    port: int

    def fill(self, text: str) -> str:
        """A text with the places of this set-up."""
        for name in ("outside", "extracts", "port"):
            text = text.replace(f"<{name}>", str(getattr(self, name)))
        return text

    def map(self, mapping: str) -> None:
        """Write the mapping."""
        (self.extracts / "mapping.yml").write_text(mapping)


@dataclass(frozen=True)
class _Attack:
    """An attack.

    Attributes:
        what: What it is after.
        do: Writes the mapping and what else it needs.
    """

    what: str
    do: Callable[[_Setup], object]


# --- what attacks consist of


def _amount(expression: str) -> Callable[[_Setup], None]:
    """An expression in the place of an amount."""

    def do(setup: _Setup) -> None:
        quoted = setup.fill(expression).replace("'", "''")
        setup.map(_MAPPING.replace("issued}", f"issued, amount: '{quoted}'}}"))

    return do


def _where(expression: str) -> Callable[[_Setup], None]:
    """An expression in the place of a condition."""

    def do(setup: _Setup) -> None:
        quoted = setup.fill(expression).replace("'", "''")
        setup.map(_MAPPING.replace("    columns", f"    where: '{quoted}'\n    columns"))

    return do


def _file(pattern: str) -> Callable[[_Setup], None]:
    """A file elsewhere."""

    def do(setup: _Setup) -> None:
        setup.map(_MAPPING.replace("invoices.csv", f"'{setup.fill(pattern)}'"))

    return do


def _text(mapping: str) -> Callable[[_Setup], None]:
    """A whole mapping."""
    return lambda setup: setup.map(mapping)


def _instead(old: str, new: str) -> Callable[[_Setup], None]:
    """The mapping with a piece of it replaced."""
    return lambda setup: setup.map(_MAPPING.replace(old, new))


def _link(name: str, target: str, pattern: str) -> Callable[[_Setup], None]:
    """A symbolic link in the directory, and the pattern that finds it."""

    def do(setup: _Setup) -> None:
        (setup.extracts / name).unlink(missing_ok=True)
        (setup.extracts / name).symlink_to(setup.fill(target))
        _file(pattern)(setup)

    return do


def _linked_mapping(setup: _Setup) -> None:
    (setup.extracts / "mapping.yml").symlink_to(setup.outside / "secret.csv")


def _pipe(setup: _Setup) -> None:
    os.mkfifo(setup.extracts / "pipe.csv")
    _file("pipe.csv")(setup)


def _many_columns(setup: _Setup) -> None:
    names = ",".join(f"c{number}" for number in range(50_000))
    (setup.extracts / "invoices.csv").write_text(f"number,customer,issued,{names}\n")
    setup.map(_MAPPING)


def _broken_lines(setup: _Setup) -> None:
    (setup.extracts / "invoices.csv").write_text(_INVOICES + "x\n" * 2_000_000)
    setup.map(_MAPPING)


def _bomb(setup: _Setup) -> None:
    """A file of some hundred kilobytes that unpacks to 125 million short rows."""
    block = b"1,A,2024-01-31,1\n" * 1_000_000
    packed = gzip.compress(block, compresslevel=9)
    header = gzip.compress(_INVOICES.encode())
    # members of one archive, one after the other
    (setup.extracts / "invoices.csv.gz").write_bytes(header + packed * 125)
    _file("invoices.csv.gz")(setup)


_ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
_MERGES = "m0: &m0 {a0: 1}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}], a{n}: 1}}\n" for n in range(1, 12)
)

MAPPINGS: tuple[_Attack, ...] = (
    # expressions that read
    _Attack("read_text of a file", _amount("(select content from read_text('<outside>/secret.csv'))")),
    _Attack("read_text as a value", _amount("read_text('<outside>/secret.csv')")),
    _Attack("read_csv of a file", _amount("(select max(c) from read_csv('<outside>/secret.csv') as t(c))")),
    _Attack("a path as a table", _amount("(select count(*) from '<outside>/secret.csv')")),
    _Attack("read_blob of a file", _amount("(select max(content) from read_blob('<outside>/*'))")),
    _Attack("read_json of a file", _amount("(select count(*) from read_json('<outside>/secret.csv'))")),
    _Attack("names of files by glob", _amount("(select max(file) from glob('<outside>/*'))")),
    _Attack("whether a file exists", _amount("(select count(*) from read_parquet('<outside>/none.parquet'))")),
    _Attack("COLUMNS over /etc/passwd", _amount("(select columns('^root.*') from read_csv('/etc/passwd', delim = ':'))")),
    _Attack("COLUMNS of the file", _amount("columns('^.*')")),
    _Attack("read_text of a pipe", _amount("(select content from read_text('<outside>/pipe'))")),
    _Attack("read_csv of a pipe", _amount("(select count(*) from read_csv('<outside>/pipe'))")),
    _Attack("a table over http", _amount("(select count(*) from 'http://127.0.0.1:<port>/x.csv')")),
    _Attack("another file by a condition", _where("(select count(*) from read_text('<outside>/secret.csv')) > 0")),
    _Attack("whether a path exists, by a condition", _where("exists (select 1 from '<outside>/secret.csv')")),
    _Attack("a FROM inside an expression", _amount("1 from read_csv('<outside>/secret.csv')")),
    _Attack("the settings", _amount("(select max(value) from duckdb_settings())")),
    _Attack("the environment", _amount("getenv('HOME')")),
    _Attack("the clock", _amount("epoch(now())")),
    # expressions that write
    _Attack("a second statement that writes", _amount("1; copy (select 1) to '<outside>/written.csv'")),
    _Attack("an expression that closes the bracket", _amount("1) from (select 1) as t; attach '<outside>/other.db'; select (1")),
    # expressions that take all there is
    _Attack("2 GB from repeat", _amount("repeat('x', 2000000000)")),
    _Attack("10 GB from repeat of repeat", _amount("repeat(repeat('x', 100000), 100000)")),
    _Attack("a list of a thousand million", _amount("list_sum(range(1000000000))")),
    _Attack("a count that never ends", _amount("(select count(*) from range(100000000000))")),
    _Attack("100,000 brackets", _amount("(" * 100_000 + "1" + ")" * 100_000)),
    # the mapping's own form
    _Attack("aliases of aliases", _text(_ALIASES + _MAPPING)),
    _Attack("merges of merges", _text(_MERGES + _MAPPING)),
    _Attack("100,000 levels", _text("[" * 100_000)),
    _Attack("a mapping of 50 MB", _text(_MAPPING + "# x\n" * 12_500_000)),
    _Attack("a tag that calls Python", _text(_MAPPING + "x: !!python/object/apply:os.getcwd []\n")),
    _Attack("a mapping that is a link elsewhere", _linked_mapping),
    # names of tables, and values in the place of names
    _Attack("a table that is no extract's", _instead("raw_billing.invoices", "raw_control.extract_batches")),
    _Attack("a statement in the place of a table", _instead("raw_billing.invoices", "raw_billing.invoices; drop table x")),
    _Attack("a statement in the place of a currency", _instead("USD", "\"USD' or 1 = 1 --\"")),
    _Attack("an encoding that unpacks", _instead("    columns", "    encoding: zlib\n    columns")),
    _Attack("a line end as delimiter", _instead("    columns", '    delimiter: "\\n"\n    columns')),
    _Attack("a day at the end of time", _instead("2024-03-31", "9999-12-31")),
    # files
    _Attack("a file above", _file("../outside/secret.csv")),
    _Attack("a pattern above", _file("../*/secret.csv")),
    _Attack("an absolute path", _file("<outside>/secret.csv")),
    _Attack("an absolute pattern", _file("<outside>/*.csv")),
    _Attack("a link to a file", _link("invoices.csv", "<outside>/secret.csv", "invoices.csv")),
    _Attack("a link to a directory", _link("inner", "<outside>", "inner/*.csv")),
    _Attack("a link to a device", _link("zeros.csv", "/dev/zero", "zeros.csv")),
    _Attack("a pipe among the files", _pipe),
    _Attack("50,000 columns", _many_columns),
    _Attack("2 million lines that are not rows", _broken_lines),
    _Attack("125 million rows in a small archive", _bomb),
)  # fmt: skip

VARS: tuple[tuple[str, object], ...] = (
    ("as_of_date", "1800-01-01"),
    ("as_of_date", "9999-12-31"),
    ("as_of_date", "2024-06-30' or true --"),
    ("as_of_date", "(select max(name) from raw_crm.customers)"),
    ("zombie_grace_days", -1),
    ("zombie_grace_days", "(select count(*) from raw_crm.customers)"),
    ("duplicate_window_days", "3 or true"),
    ("default_payment_terms_days", 10**12),
    ("default_currency", "USD' or '1' = '1"),
    ("small_balance_tolerance", {"USD'; drop table raw_crm.customers; --": 1}),
    ("snapshot_max_shrink_share", 1e9),
    ("usage_tolerance_share", -0.5),
    ("max_amount", float("nan")),
    ("max_quantity", "1e400"),
    ("as_of_date", "2024-02-30"),
    ("anomaly_flag_score", [0.5]),
    ("season_months", {"winter": [13]}),
    ("penalty_policy", {"lines_of_business": ["utility' or true"], "steps": []}),
)


def try_all(setting: Setting) -> Iterator[Trial]:
    """Load every mapping in a process of its own, and build with every var."""
    attacks, hostile_vars = MAPPINGS, VARS
    if setting.short:
        first = setting.seed % _EVERY_IN_SHORT
        attacks, hostile_vars = attacks[first::_EVERY_IN_SHORT], VARS[first::_EVERY_IN_SHORT]
    _require_harmless_to_load(_set_up(setting, setting.directory("control"), port=0))
    for number, attack in enumerate(attacks):
        yield _load(setting, attack, setting.directory(str(number)))
    world = setting.workshop.simulate(
        f"{setting.name}-world", *SMALL_WORLD[1::2], root_seed=setting.seed
    )
    for number, (name, value) in enumerate(hostile_vars):
        yield _build(setting, world, name, value, f"{setting.name}-var-{number}")


def _require_harmless_to_load(setup: _Setup) -> None:
    """What is refused has to be the attack: without one the mapping loads."""
    setup.map(_MAPPING)
    with duckdb.connect() as connection:
        landed = load_extracts(connection, setup.extracts).tables[0].landed
    if landed != 1:
        message = f"the mapping without an attack landed {landed} rows"
        raise RuntimeError(message)


def _load(setting: Setting, attack: _Attack, place: Path) -> Trial:
    watch = Watch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        setup = _set_up(setting, place, server.getsockname()[1])
        attack.do(setup)
        before = _listing(setup.outside)
        project = Project(CHECKOUT, place / "warehouse.duckdb")
        outcome = run(
            project, "load", str(setup.extracts), timeout=_PATIENCE, most_bytes=_MOST_BYTES
        )
        breach = _breach(outcome, setup, project)
        if _listing(setup.outside) != before:
            breach = "something was written outside"
        if _is_called(server):
            breach = "the network was used"
    shutil.rmtree(place, ignore_errors=True)
    return Trial(f"mapping: {attack.what}", shown(outcome), breach, watch.seconds)


def _set_up(setting: Setting, place: Path, port: int) -> _Setup:
    extracts, outside = place / "extracts", place / "outside"
    for directory in (extracts, outside):
        directory.mkdir()
    secret = f"canary{setting.chance.getrandbits(64):x}"
    (outside / "secret.csv").write_text(f"{secret}\n{secret}\n")
    os.mkfifo(outside / "pipe")
    (extracts / "invoices.csv").write_text(_INVOICES)
    return _Setup(extracts, outside, secret, port)


def _breach(outcome: Outcome, setup: _Setup, project: Project) -> str | None:
    said = outcome.stdout + outcome.stderr
    if setup.secret in said or "root:" in said or "root_" in said:
        return "what stands outside was shown"
    if outcome.code == _KILLED:
        return f"still at work after {_PATIENCE:.0f} s"
    if project.warehouse.exists():
        return "published"
    # the line that counts the problems, and one for each
    return refusal(outcome, most_details=1)


def _listing(directory: Path) -> list[tuple[str, int]]:
    return sorted((path.name, path.lstat().st_size) for path in directory.iterdir())


def _is_called(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _build(setting: Setting, world: Project, name: str, value: object, place: str) -> Trial:
    watch = Watch()
    project = setting.workshop.copy(world, place)
    outcome = _build_with(project, name, value)
    breach = refusal(outcome, most_details=1)
    project.warehouse.unlink()
    return Trial(f"var: {name} = {value!r}", shown(outcome), breach, watch.seconds)


def _build_with(project: Project, name: str, value: object) -> Outcome:
    """Build one model with a var, as plain dbt takes it; what is raised is told as the command line tells it."""
    arguments = ("build", "--vars", json.dumps({name: value}), "--select", "+int_as_of_date")
    try:
        dbt_runner.run_dbt(project, project.warehouse, arguments, silent)
    except WarehouseError as error:
        details = error.failures if isinstance(error, AuditError) else ()
        lines = [*(f"  {line}" for line in details), f"error: {error}"]
        return Outcome(error.exit_code, "", "\n".join(lines))
    return Outcome(0, "accepted", "")


KIND = Kind(
    "hostile",
    "mappings, extracts and vars of somebody who means harm",
    (len(MAPPINGS) + len(VARS), (len(MAPPINGS) + len(VARS)) // _EVERY_IN_SHORT),
    try_all,
)
