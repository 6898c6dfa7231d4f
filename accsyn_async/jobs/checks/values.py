"""Whether the value of an attribute looks as it must."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from accsyn_async.jobs.attributes import HOOKS, MOST_PRIORITY, Attribute, Form
from accsyn_async.jobs.checks.report import MOST_BITS, Report, either, shown
from accsyn_async.jobs.frame_ranges import range_problem
from accsyn_async.jobs.machine_filters import filter_problem
from accsyn_async.jobs.problems import Keys
from accsyn_async.jobs.settings import SETTINGS
from accsyn_async.models import is_entity_id
from accsyn_async.times import parse_time
from accsyn_async.wire.redact import sounds_secret

__all__ = ["check_json", "check_value", "closest"]

_MAIL = re.compile(r"[^\s@:/\\,;]+@[^\s@:/\\,;]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OPEN = re.compile(r"(?<=\d)\s*([-x])\s*(?=\d)", re.ASCII)
_PLATFORMS: Final = ("common", "linux", "mac", "windows")
_CONVERSIONS: Final = ("always", "platform", "never", "auto")
_DIRECTIONS: Final = ("download", "upload", "common")
_DEEPEST: Final = 60


def check_value(report: Report, keys: Keys, value: Any, attribute: Attribute) -> None:
    """Check one value; places and tasks are looked at together, elsewhere."""
    if value is None:
        return
    if attribute.form is Form.STATUS:
        _status(report, keys, value, attribute)
        return
    check = _CHECKS.get(attribute.form)
    if check is not None:
        check(report, keys, value)


def check_json(report: Report, keys: Keys, value: Any, around: tuple[int, ...] = ()) -> None:
    """Find what JSON cannot hold: NaN, other objects, keys that are no texts, no end."""
    if id(value) in around:
        report.error(keys, "it holds itself", "write what is meant out")
        return
    around = (*around, id(value)) if isinstance(value, Mapping | list) else ()
    if len(around) > _DEEPEST:
        report.error(keys[:8], f"it is nested more than {_DEEPEST} deep", "nest less")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str):
                _check_text(report, (*keys, key), key, "the name")
                check_json(report, (*keys, key), inner, around)
            else:
                report.error(keys, f"the name {shown(key)} is no text", "write names as texts")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            check_json(report, (*keys, number), inner, around)
    elif isinstance(value, str):
        _check_text(report, keys, value, "the text")
    elif isinstance(value, float) and not math.isfinite(value):
        report.error(keys, f"{value!r} is no JSON number", "write a number, or null")
    elif isinstance(value, int) and value.bit_length() > MOST_BITS:
        report.error(keys, "it is too large for a number of JSON", "write a smaller one, or a text")
    elif not isinstance(value, int | float | None):
        kind = type(value).__name__
        report.error(
            keys,
            f"{shown(kind)} is no type of JSON",
            "write a text, a number, true, false, null, a list or an object",
        )


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was likely meant; ``None`` when none is near.

    >>> closest("transfer_exlude", ["transfer_exclude", "transfer_include"])
    'transfer_exclude'
    """
    return next(iter(difflib.get_close_matches(name.casefold()[:100], known, 1, 0.8)), None)


def _check_text(report: Report, keys: Keys, text: str, what: str) -> None:
    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        told = what if what == "the text" and _is_private(keys) else f"{what} {shown(text)}"
        report.error(keys, f"{told} is no proper Unicode", "remove the broken characters")


def _is_private(keys: Keys) -> bool:
    """Whether a value may be a secret, which no message shows."""
    names = [key for key in keys if isinstance(key, str)]
    return any(name == "envs" or name.endswith("_conf") or sounds_secret(name) for name in names)


def _status(report: Report, keys: Keys, value: Any, attribute: Attribute) -> None:
    states = attribute.states
    if value not in states:
        report.error(keys, f"a new one cannot be {shown(value)}", f"write {either(states)}, or leave it out")


def _text(report: Report, keys: Keys, value: Any) -> None:
    if not isinstance(value, str):
        report.error(keys, f"{shown(value)} is no text", "write a text in double quotes")
    elif keys[-1] in ("name", "code") and value and not value.strip():
        report.error(keys, f"{shown(value)} is no name", "write one, or leave it out")


def _ident(report: Report, keys: Keys, value: Any) -> None:
    if isinstance(value, int) and not isinstance(value, bool):
        report.error(keys, f"{shown(value)} is a number", "write the code or id in double quotes")
    elif not isinstance(value, str) or not value.strip():
        report.error(keys, f"{shown(value)} is no code or id", "write one in double quotes")


def _priority(report: Report, keys: Keys, value: Any) -> None:
    remedy = f"write a number from 1 (lowest) to {MOST_PRIORITY} (highest)"
    if isinstance(value, str) and value.strip().isdecimal():
        report.error(keys, f"{shown(value)} is a text", f"{remedy}, without quotes")
    elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_PRIORITY:
        report.error(keys, f"{shown(value)} is no priority", remedy)


def _flag(report: Report, keys: Keys, value: Any) -> None:
    if not isinstance(value, bool):
        report.error(keys, f"{shown(value)} is no flag", "write true or false, without quotes")


def _object(report: Report, keys: Keys, value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    report.error(keys, f"{shown(value)} is no object", 'write an object, such as {"name": "value"}')
    return False


def _settings(report: Report, keys: Keys, value: Any) -> None:
    if not _object(report, keys, value):
        return
    for name, given in value.items():
        where = (*keys, name)
        setting = SETTINGS.get(name) if isinstance(name, str) else None
        if setting is not None:
            if given is not None:
                complaints = setting.complain(given)
                for message, remedy in complaints:
                    report.error(where, message, remedy)
                for message, remedy in [] if complaints else setting.doubt(given):
                    report.warn(where, message, remedy)
            continue
        meant = _prefixed(str(name)) or closest(str(name), SETTINGS)
        if meant is not None:
            report.warn(where, f"there is no setting {shown(name)}", f"did you mean {meant}?")


def _prefixed(name: str) -> str | None:
    """The setting whose name was written without what it begins with; ``None`` when there is none."""
    plain = name.strip().casefold().replace("-", "_")
    beginnings = ("transfer_", "task_", "job_", "compute_")
    return next((f"{one}{plain}" for one in beginnings if f"{one}{plain}" in SETTINGS), None)


def _hooks(report: Report, keys: Keys, value: Any) -> None:
    if not _object(report, keys, value):
        return
    for name in value:
        meant = closest(str(name), HOOKS) if name not in HOOKS else None
        if meant is not None:
            report.warn((*keys, name), f"there is no hook {shown(name)}", f"did you mean {meant}?")


def _texts(report: Report, keys: Keys, value: Any) -> None:
    if not isinstance(value, list):
        report.error(keys, f"{shown(value)} is no list of texts", 'write a list, such as ["one", "two"]')
        return
    for number, one in enumerate(value):
        if keys[-1] == "deps" and isinstance(one, int) and not isinstance(one, bool):
            report.error((*keys, number), f"{shown(one)} is a number", "write uris as texts in double quotes")
        elif not isinstance(one, str) or not one.strip():
            report.error((*keys, number), f"{shown(one)} names nothing", "write a text, or remove it")


def _range(report: Report, keys: Keys, value: Any) -> None:
    remedy = "write ranges such as 1001-1100, 4 or 5-250x5, separated by commas"
    if isinstance(value, bool) or not isinstance(value, str | int):
        report.error(keys, f"{shown(value)} is no range", remedy)
        return
    problem = range_problem(str(value))
    if problem is not None:
        closed = _OPEN.sub(r"\1", str(value))
        if closed != value and range_problem(closed) is None:
            remedy = f"write {closed}, without blanks"
        report.error(keys, problem, remedy)


def _filters(report: Report, keys: Keys, value: Any) -> None:
    if not isinstance(value, str):
        report.error(keys, f"{shown(value)} is no text", "write one text, such as ram:>32g,site:berlin")
        return
    problem = filter_problem(value)
    if problem is not None:
        report.error(keys, *problem)


def _envs(report: Report, keys: Keys, value: Any) -> None:
    if not _object(report, keys, value):
        return
    for name, given in value.items():
        nested = isinstance(given, Mapping)
        if nested and name not in _PLATFORMS:
            report.error(
                (*keys, name),
                f"{shown(name)} is no platform",
                f"group variables by {either(_PLATFORMS)}, or not at all",
            )
            continue
        for variable, content in given.items() if nested else [(name, given)]:
            where = (*keys, name, variable) if nested else (*keys, name)
            if not variable or "=" in variable or "\0" in variable:
                report.error(where, f"{shown(variable)} names no variable", "write a name without =")
            if not isinstance(content, str):
                report.error(where, "it is no text", "write the value in double quotes")
            elif "\0" in content:
                report.error(where, "it holds a null character", "remove it")


def _parameters(report: Report, keys: Keys, value: Any) -> None:
    if not _object(report, keys, value):
        return
    conversion = value.get("input_conversion")
    if conversion is not None and conversion not in _CONVERSIONS:
        report.error(
            (*keys, "input_conversion"),
            f"{shown(conversion)} is no choice here",
            f"write {either(_CONVERSIONS)}",
        )
    sites = value.get("site")
    if sites is None or not _object(report, (*keys, "site"), sites):
        return
    for site, holding in sites.items():
        where = (*keys, "site", site)
        if not _object(report, where, holding):
            continue
        settings = holding.get("settings")
        if settings is None:
            report.warn(where, "there are no settings", 'write {"settings": {"common": {…}}}')
        elif _object(report, (*where, "settings"), settings):
            for direction, given in settings.items():
                if direction not in _DIRECTIONS:
                    report.error(
                        (*where, "settings", direction),
                        f"{shown(direction)} is no direction",
                        f"group a site's settings by {either(_DIRECTIONS)}",
                    )
                else:
                    _settings(report, (*where, "settings", direction), given)


def _compute(report: Report, keys: Keys, value: Any) -> None:
    if _object(report, keys, value) and value.get("parameters") is not None:
        _parameters(report, (*keys, "parameters"), value["parameters"])


def _recipients(report: Report, keys: Keys, value: Any) -> None:
    if not isinstance(value, list):
        report.error(
            keys,
            f"{shown(value)} is no list",
            'write a list of e-mail addresses, such as ["lisa@example.com"]',
        )
        return
    seen: set[str] = set()
    for number, one in enumerate(value):
        where = (*keys, number)
        name = one.get("user", one.get("recipient")) if isinstance(one, Mapping) else one
        if not isinstance(name, str) or not name.strip():
            report.error(where, f"{shown(one)} is no recipient", "write an e-mail address")
        elif "@" in name and not _MAIL.fullmatch(name.strip()):
            report.error(where, f"{shown(name)} is no e-mail address", "write one, such as lisa@example.com")
        elif name.strip().casefold() in seen:
            report.warn(where, f"{shown(name)} is there twice", "remove one of them")
        else:
            seen.add(name.strip().casefold())
            if "@" not in name and not is_entity_id(name.strip()):
                report.warn(
                    where, f"{shown(name)} is neither an e-mail address nor an id", "write one of these"
                )


def _moment(report: Report, keys: Keys, value: Any) -> None:
    midnight = "T00:00:00" if isinstance(value, str) and _DAY.fullmatch(value) else ""
    if not isinstance(value, str) or parse_time(value + midnight) is None:
        report.error(
            keys,
            f"{shown(value)} is no time",
            "write a day such as 2026-12-24, or 2026-12-24T18:00:00 in UTC",
        )


_CHECKS: Final[Mapping[Form, Callable[[Report, Keys, Any], object]]] = {
    Form.TEXT: _text,
    Form.IDENT: _ident,
    Form.PRIORITY: _priority,
    Form.FLAG: _flag,
    Form.OBJECT: _object,
    Form.SETTINGS: _settings,
    Form.HOOKS: _hooks,
    Form.TEXTS: _texts,
    Form.RANGE: _range,
    Form.FILTERS: _filters,
    Form.ENVS: _envs,
    Form.PARAMETERS: _parameters,
    Form.COMPUTE: _compute,
    Form.RECIPIENTS: _recipients,
    Form.MOMENT: _moment,
}
