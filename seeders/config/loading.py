"""From presets, files and `section.key=value` overrides to a checked configuration, and back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, get_type_hints

import yaml

from seeders.config.bounds import ConfigError, bounds_of, days_of, stated_by
from seeders.config.model import PolicyConfig, SimulationConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DEFAULT_PRESET: Final = "demo"
PRESETS: Final = ("demo", "seeds", "large")

_DBT_PROJECT: Final = Path(__file__).resolve().parents[2] / "dbt_project.yml"
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_POLICY: Final = "policy"
_PENALTY: Final = "penalty"
_PENALTY_VAR: Final = "penalty_policy"
_SHRINK_VAR: Final = "snapshot_max_shrink_share"
_STEPS: Final = ("minor", "partial", "major", "full")

_SHOWN: Final = 80
"""How many characters of an unreadable setting its error message shows."""

_Settings: TypeAlias = dict[str, dict[str, object]]
_T = TypeVar("_T")


def load_config(
    preset: str | None = None,
    file: Path | None = None,
    overrides: Sequence[str] = (),
    dbt_project: Path = _DBT_PROJECT,
) -> SimulationConfig:
    """Build a configuration: a preset or a file, then the overrides on top.

    Args:
        preset: One of `PRESETS`; `demo` when neither a preset nor a file is given.
        file: A YAML file of the same form as a preset. Settings it leaves out keep their defaults.
        overrides: Settings of the form `section.key=value`; the last one of a key wins.
        dbt_project: The dbt project file with the thresholds that models and simulator share.

    Returns:
        The checked configuration.

    Raises:
        ConfigError: If anything is unknown, of the wrong type or out of bounds. The message is one
            line that names the setting and its permitted values.
    """
    if preset is not None and file is not None:
        message = "give either a preset or a configuration file, not both"
        raise ConfigError(message)
    if file is None:
        settings = _read_preset(preset or DEFAULT_PRESET)
    else:
        settings = _settings(_read_yaml(file), str(file))
    for override in overrides:
        section, key, value = _parse_override(override)
        settings.setdefault(section, {})[key] = value
    settings[_PENALTY] = {**_shared_penalty(dbt_project), **settings.get(_PENALTY, {})}
    return _build(settings, load_policy(dbt_project))


def load_policy(dbt_project: Path = _DBT_PROJECT) -> PolicyConfig:
    """Read the thresholds that the models and the simulated truth have to agree on.

    Args:
        dbt_project: The project file whose `vars` hold them.

    Returns:
        The thresholds.

    Raises:
        ConfigError: If the file cannot be read or lacks one of them.
    """
    shared = _vars(dbt_project)
    names = [f.name for f in fields(PolicyConfig)]
    missing = [name for name in names if name not in shared]
    if missing:
        message = f"{dbt_project} has no vars.{missing[0]}: the simulator needs it too"
        raise ConfigError(message)
    return _section(PolicyConfig, {name: shared[name] for name in names}, "vars")


def load_max_shrink_share(dbt_project: Path = _DBT_PROJECT) -> float:
    """Read the share of its rows that a table may lose from one load to the next.

    Args:
        dbt_project: The project file whose `vars` hold it.

    Returns:
        A share above 0 and up to 1; a table that lost as much or more stops the load.

    Raises:
        ConfigError: If the file cannot be read, or the share is missing or no share.
    """
    name = f"vars.{_SHRINK_VAR}"
    share: float = _typed(_vars(dbt_project).get(_SHRINK_VAR), float, name)
    if not 0 < share <= 1:
        message = f"{name} is {share}, but must be above 0 and up to 1"
        raise ConfigError(message)
    return share


def config_to_json(config: SimulationConfig) -> str:
    """Write a configuration as JSON, keys sorted: equal configurations give equal text.

    Args:
        config: What to write.

    Returns:
        A JSON object of sections, the policy among them.
    """
    content = asdict(config)
    content["period"]["first_month"] = f"{config.period.first_month:%Y-%m}"
    content["trade"]["first_month"] = f"{config.trade.first_month:%Y-%m}"
    content["metering"]["first_month"] = f"{config.metering.first_month:%Y-%m}"
    content["metering"]["tariff_change"] = f"{config.metering.tariff_change:%Y-%m}"
    content["utility"]["first_day"] = f"{config.utility.first_day:%Y-%m-%d}"
    return json.dumps(content, sort_keys=True)


def config_from_json(text: str) -> SimulationConfig:
    """Read what `config_to_json` wrote.

    Args:
        text: A JSON object of sections.

    Returns:
        The configuration, policy included, as it was written.

    Raises:
        ConfigError: If the text is not such an object.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"not a configuration: {error}"
        raise ConfigError(message) from error
    if not isinstance(content, dict) or not isinstance(content.get(_POLICY), dict):
        message = "not a configuration: the policy section is missing"
        raise ConfigError(message)
    policy = _section(PolicyConfig, content.pop(_POLICY), _POLICY)
    return _build(_settings(content, "the stored configuration"), policy)


def _vars(dbt_project: Path) -> dict[str, Any]:
    shared = _read_yaml(dbt_project).get("vars")
    return shared if isinstance(shared, dict) else {}


def _shared_penalty(dbt_project: Path) -> dict[str, object]:
    """Read the default penalty policy, as settings of its section.

    Raises:
        ConfigError: If it is missing, or has other steps than the simulator knows.
    """
    shared = _vars(dbt_project).get(_PENALTY_VAR)
    if not isinstance(shared, dict):
        message = f"{dbt_project} has no vars.{_PENALTY_VAR}: the simulator needs it too"
        raise ConfigError(message)
    steps = shared.get("steps")
    found = {
        str(step.get("step_name")): step
        for step in (steps if isinstance(steps, list) else [])
        if isinstance(step, dict)
    }
    ends = [found[name].get("min_ratio") for name in ("minor", "full") if name in found]
    if tuple(found) != _STEPS or ends != [0, 1]:
        message = (
            f"vars.{_PENALTY_VAR}.steps of {dbt_project} must be {', '.join(_STEPS)},"
            " from a min_ratio of 0 to one of 1: the simulator supports no others"
        )
        raise ConfigError(message)
    return {
        "suspend_score": shared.get("suspend_score"),
        "close_score": shared.get("close_score"),
        "partial_ratio": found["partial"].get("min_ratio"),
        "major_ratio": found["major"].get("min_ratio"),
        **{f"{name}_penalty": found[name].get("penalty") for name in _STEPS},
    }


def _read_preset(name: str) -> _Settings:
    if name not in PRESETS:
        message = f"unknown preset {name!r}: one of {', '.join(PRESETS)}"
        raise ConfigError(message)
    text = files("seeders.config").joinpath("presets", f"{name}.yml").read_text(encoding="utf-8")
    return _settings(yaml.safe_load(text), f"preset {name}")


def _read_yaml(file: Path) -> dict[str, object]:
    if file.exists() and not file.is_file():
        message = f"cannot read {file}: it is a directory, a pipe or a device"
        raise ConfigError(message)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        message = f"cannot read {file}: {reason}"
        raise ConfigError(message) from error
    except (yaml.YAMLError, ValueError) as error:
        message = f"{file} is not valid YAML: {' '.join(str(error).split())}"
        raise ConfigError(message) from error
    except RecursionError:
        message = f"{file} is nested too deeply: it should hold sections with settings"
        raise ConfigError(message) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        message = f"{file} must hold sections with settings, such as 'ghost: {{rate: 0.015}}'"
        raise ConfigError(message)
    return content


def _settings(content: Mapping[str, object] | None, origin: str) -> _Settings:
    """Copy the sections into new dictionaries."""
    settings: _Settings = {}
    for section, values in (content or {}).items():
        if not isinstance(values, dict):
            message = f"{origin}: section {section!r} must hold settings, such as 'key: value'"
            raise ConfigError(message)
        settings[str(section)] = {str(key): value for key, value in values.items()}
    return settings


def _parse_override(override: str) -> tuple[str, str, object]:
    name, equals, text = override.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot and section and key and text.strip()):
        message = f"cannot read {override!r}: write section.key=value, such as ghost.rate=0.02"
        raise ConfigError(message)
    try:
        return section, key, yaml.safe_load(text)
    # YAML takes 2019-02-30 for a date and then fails to convert it
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        shown = override if len(override) <= _SHOWN else f"{override[:_SHOWN]}..."
        message = f"cannot read the value of {shown!r}"
        raise ConfigError(message) from error


def _build(settings: _Settings, policy: PolicyConfig) -> SimulationConfig:
    hints = get_type_hints(SimulationConfig)
    hints.pop(_POLICY)
    if _POLICY in settings:
        message = "thresholds the models share are set in dbt_project.yml (vars), not here"
        raise ConfigError(message)
    for section in settings:
        _known(section, hints, "section")
    sections = {name: _section(hints[name], values, name) for name, values in settings.items()}
    if _PENALTY not in sections:
        message = f"not a configuration: the {_PENALTY} section is missing"
        raise ConfigError(message)
    return SimulationConfig(policy=policy, **sections)


def _section(kind: type[_T], values: Mapping[str, object], name: str) -> _T:
    """One section from plain values, each checked against its field's type and bounds."""
    hints = get_type_hints(kind)
    bounds, days = bounds_of(kind), days_of(kind)
    checked: dict[str, Any] = {}
    for key, value in values.items():
        _known(key, hints, "setting", prefix=f"{name}.")
        full_name = f"{name}.{key}"
        typed: Any = _day(value, full_name) if key in days else _typed(value, hints[key], full_name)
        if key in bounds and not bounds[key].low <= typed <= bounds[key].high:
            message = (
                f"{name}.{key} is {value}, but must be from {bounds[key].low} to {bounds[key].high}"
            )
            raise ConfigError(message)
        checked[key] = typed
    missing = [key for key in stated_by(kind) if key not in checked]
    if missing:
        message = f"{name}.{missing[0]} is missing"
        raise ConfigError(message)
    return kind(**checked)


def _known(name: str, known: Iterable[str], what: str, prefix: str = "") -> None:
    if name in known:
        return
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {prefix}{close[0]}?" if close else f"one of {', '.join(sorted(known))}"
    message = f"unknown {what} {prefix}{name}: {hint}"
    raise ConfigError(message)


def _typed(value: object, kind: type, name: str) -> Any:  # noqa: ANN401
    """Convert the value to its field's type; a bool is not a number, and 1.5 is not an int."""
    if kind is date:
        return _month(value, name)
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and isfinite(value)
        and (kind is float or value == int(value))
    ):
        return kind(value)
    wanted = "a whole number" if kind is int else "a number"
    message = f"{name} is {value!r}, but must be {wanted}"
    raise ConfigError(message)


def _day(value: object, name: str) -> date:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        message = f"{name} is {value!r}, but must be a day such as 2019-02-02"
        raise ConfigError(message) from None
    _within_calendar(day.year, value, name)
    return day


def _month(value: object, name: str) -> date:
    match = _MONTH.fullmatch(str(value))
    if match is None:
        message = f"{name} is {value!r}, but must be a month such as 2024-01"
        raise ConfigError(message)
    year, month = (int(part) for part in match.groups())
    _within_calendar(year, value, name)
    return date(year, month, 1)


def _within_calendar(year: int, value: object, name: str) -> None:
    if not 1990 <= year <= 2100:  # noqa: PLR2004
        message = f"{name} is {value}, but must be from 1990 to 2100"
        raise ConfigError(message)
