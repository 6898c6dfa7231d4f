"""The settings of jobs and tasks: how much at once, what is left out, how fast (accsyn's manual of settings).

accsyn takes their values as texts, and shows numbers as texts too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

from accsyn_async.jobs.checks.report import MOST_BITS, either, shown
from accsyn_async.jobs.name_filters import (
    COMMA_REMEDY,
    SEPARATOR,
    filter_doubts,
    filter_problems,
    join_statements,
)
from accsyn_async.jobs.plain_json import Written, plain, plain_extra
from accsyn_async.jobs.quoting import cut

__all__ = ["SETTINGS", "JobSettings", "Setting"]

Complaints = list[tuple[str, str]]
"""What is wrong with a value, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a setting.

    Attributes:
        about: what it does, for people.
        complain: tells what is wrong with a value.
        schema: the values that it can have, as a JSON schema.
        doubt: tells what is hardly meant in a value of which nothing is wrong.
    """

    about: str
    complain: Callable[[Any], Complaints]
    schema: Mapping[str, Any]
    doubt: Callable[[Any], Complaints] = lambda value: []


def _number(
    least: float, most: float = math.inf, *, whole: bool = False, above: bool = False, off: bool = False
) -> tuple[Callable[[Any], Complaints], dict[str, Any]]:
    kind = "a whole number" if whole else "a number"
    bounds = f"above {least:g}" if above else f"from {least:g}"
    bounds += "" if most == math.inf else f" to {most:g}"
    remedy = f"write {kind} {bounds}" + (", or -1 for no limit" if off else "")

    def complain(value: Any) -> Complaints:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        fits = least < number <= most or (number == least and not above) or (off and number == -1)
        fits = fits and number < math.inf and (not whole or number == int(number))
        return [] if fits or value == "" else [(f"{shown(value)} is not {kind} {bounds}", remedy)]

    return complain, {"type": ["string", "number"]}


def _choice(*options: str, joined_by: str = "") -> tuple[Callable[[Any], Complaints], dict[str, Any]]:
    remedy = f"write {either(options)}" + (
        f", or several of them joined by {joined_by!r}" if joined_by and len(options) > 1 else ""
    )

    def complain(value: Any) -> Complaints:
        parts = value.split(joined_by) if joined_by and isinstance(value, str) else [value]
        parts = [part.strip() if isinstance(part, str) else part for part in parts]
        fits = value == "" or all(part in options for part in parts)
        return [] if fits else [(f"{shown(value)} is no choice here", remedy)]

    return complain, {"type": "string"} if joined_by else {"enum": [*options, ""]}


def _statements(value: Any) -> Complaints:
    remedy = r"write statements separated by an escaped comma, such as *tmp\,*.bak"
    if isinstance(value, list):
        torn = [one for one in value if isinstance(one, str) and SEPARATOR in one]
        escaped = [
            (f"{cut(one)} holds an escaped comma, which separates statements", COMMA_REMEDY) for one in torn
        ]
        return escaped or [(f"{shown(value)} is no text", remedy)]
    if not isinstance(value, str):
        return [(f"{shown(value)} is no text", remedy)]
    return filter_problems(value) if value else []


def _doubtful_statements(value: Any) -> Complaints:
    return filter_doubts(value) if isinstance(value, str) else []


def _configuration(value: Any) -> Complaints:
    remedy = "write a JSON object"
    if isinstance(value, str):
        try:
            value = json.loads(value) if value else {}
        except (ValueError, RecursionError):
            return [("it is no JSON", remedy)]
    return [] if isinstance(value, Mapping) else [("it is no JSON object", remedy)]


_LOGGED: Final = ("info", "warning", "files", "comparison", "ownership", "group", "permissions")
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_OBJECT: Final[dict[str, Any]] = {"type": ["string", "object"]}
_SPEED: Final = Setting("MB/s that are sent at most; -1 for no limit.", *_number(0, above=True, off=True))

SETTINGS: Final[Mapping[str, Setting]] = {
    "task_bucketsize": Setting(
        "How many tasks are dispatched together; 0 for all, 1 for each alone.", *_number(0, whole=True)
    ),
    "transfer_exclude": Setting(
        "What is left out: names with *, re('…'); separated by an escaped comma.",
        _statements,
        _TEXT,
        _doubtful_statements,
    ),
    "transfer_include": Setting(
        "What alone is sent, written like transfer_exclude.", _statements, _TEXT, _doubtful_statements
    ),
    "transfer_ignore_existing": Setting(
        "What is left alone when it exists at the destination.", *_choice("file", "directory", joined_by="+")
    ),
    "transfer_speedlimit": _SPEED,
    "transfer_speed_limit": _SPEED,
    "job_speed_limit": _SPEED,
    "transfer_encryption": Setting("The cipher on the way.", *_choice("aes128", "aes256", "none")),
    "transfer_mode": Setting(
        "copy, or onewaysync to delete at the destination what the source lacks.",
        *_choice("copy", "onewaysync"),
    ),
    "transfer_comparison": Setting(
        "By what a file is known to be there already.", *_choice("size", "modified", joined_by="+")
    ),
    "transfer_resume": Setting("Whether what was sent in part is resumed.", *_choice("enable", "disable")),
    "transfer_resume_limit": Setting(
        "MB from which a file is resumed; -1 for any.", *_number(0, whole=True, off=True)
    ),
    "transfer_attributes": Setting(
        "What of a file's attributes is kept, between Linux and Mac.",
        *_choice("owner", "group", "permissions", joined_by="+"),
    ),
    "transfer_concurrent": Setting("Transfers at once with one client.", *_number(1, 10, whole=True)),
    "transfer_log": Setting(
        "What the log of a task tells.",
        *_choice(
            "info", "warning", "files", "comparison", "ownership", "group", "permissions", joined_by=","
        ),
    ),
    "transfer_reserved_space": Setting(
        "Bytes that are left free at the destination; -1 for none.", *_number(0, whole=True, off=True)
    ),
    "transfer_conf": Setting("Buffers, sockets and locks, as JSON.", _configuration, _OBJECT),
    "job_max_retries": Setting("How often what failed is tried again.", *_number(0, whole=True)),
    "job_autoretry_delay_s": Setting("Seconds before that.", *_number(0)),
    "job_done_actions": Setting("What is done when all is done.", *_choice("delete_excluded", joined_by=",")),
    "job_on_missing": Setting("What a source that is not there does.", *_choice("fail", "ignore")),
    "compute_avoid": Setting(
        "Whether a machine is avoided on which a task failed.",
        *_choice("enable-clear-on-resume", "enable-permanent", "disable"),
    ),
    "hook_conf": Setting("Hooks of this job, as JSON.", _configuration, _OBJECT),
    "email_conf": Setting("Mails about this job, as JSON.", _configuration, _OBJECT),
    "mail_conf": Setting("Mails about this job, as JSON.", _configuration, _OBJECT),
}
"""The settings that jobs can have, by name."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class JobSettings(Written):
    r"""Settings of a job or task; ``None`` leaves one to the queue, the share or the workspace.

    Attributes:
        task_bucketsize: tasks that are dispatched together; 0 for all.
        transfer_exclude: statements that say what is left out: ``"*tmp"``, ``"re('[0-9]')"``.
        transfer_include: statements that say what alone is sent.
        transfer_ignore_existing: what is left alone when it exists at the destination.
        transfer_speedlimit: MB/s at most; -1 for no limit.
        transfer_encryption: the cipher on the way.
        transfer_mode: ``"onewaysync"`` deletes at the destination what the source lacks.
        transfer_comparison: by what a file is known to be there already.
        transfer_resume: whether a file that was sent in part is resumed.
        transfer_resume_limit: MB from which a file is resumed; -1 for any.
        transfer_attributes: such as ``"owner+permissions"``, between Linux and Mac.
        transfer_concurrent: transfers at once with one client, 1–10.
        transfer_log: such as ``"info,files"``.
        transfer_reserved_space: bytes that are left free at the destination.
        transfer_conf: buffers, sockets and locks.
        job_max_retries: how often what failed is tried again.
        job_autoretry_delay_s: seconds before that.
        job_done_actions: what is done when all is done.
        job_on_missing: what a source that is not there does.
        compute_avoid: whether a machine is avoided on which a task failed.
        hook_conf: hooks of this job.
        email_conf: mails about this job.
        extra: settings that are not listed here, as they are to be sent.

    Example::

        >>> JobSettings(task_bucketsize=1, transfer_exclude=["*tmp", "re('[0-9]')"]).to_json()
        {'task_bucketsize': '1', 'transfer_exclude': "*tmp\\,re('[0-9]')"}
    """

    task_bucketsize: int | None = None
    transfer_exclude: str | Sequence[str] | None = None
    transfer_include: str | Sequence[str] | None = None
    transfer_ignore_existing: Literal["file", "directory", "file+directory"] | None = None
    transfer_speedlimit: float | None = None
    transfer_encryption: Literal["aes128", "aes256", "none"] | None = None
    transfer_mode: Literal["copy", "onewaysync"] | None = None
    transfer_comparison: Literal["size", "modified", "size+modified", "modified+size"] | None = None
    transfer_resume: Literal["enable", "disable"] | None = None
    transfer_resume_limit: int | None = None
    transfer_attributes: str | None = None
    transfer_concurrent: int | None = None
    transfer_log: str | None = None
    transfer_reserved_space: int | None = None
    transfer_conf: Mapping[str, Any] | None = None
    job_max_retries: int | None = None
    job_autoretry_delay_s: float | None = None
    job_done_actions: str | None = None
    job_on_missing: Literal["fail", "ignore"] | None = None
    compute_avoid: Literal["enable-clear-on-resume", "enable-permanent", "disable"] | None = None
    hook_conf: Mapping[str, Any] | None = None
    email_conf: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The settings as accsyn takes them."""
        given = ((one.name, getattr(self, one.name)) for one in fields(self) if one.name != "extra")
        known = {name: plain(_written(value)) for name, value in given if value is not None}
        return known | plain_extra(self.extra)


def _written(value: object) -> Any:
    """A value as a text; what cannot be written stays as it is, for the check to complain of."""
    if isinstance(value, Mapping):
        try:
            return json.dumps(plain(value), allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return value
    if isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= MOST_BITS else value
    if isinstance(value, Iterable):
        statements = list(value)
        fits = all(isinstance(one, str) and SEPARATOR not in one for one in statements)
        return join_statements(statements) if fits else statements
    return value
