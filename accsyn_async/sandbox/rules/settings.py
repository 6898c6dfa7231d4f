r"""The settings of jobs and tasks that change what arrives, and how.

``transfer_exclude`` and ``transfer_include`` hold statements separated by an escaped comma (``*tmp\,*.bak``;
blanks around them do not count). A statement is a glob (``*``, ``?``, ``[…]``; in any case) that the name of
a file or folder must match, with slashes in it (``deep/to/*.tmp``) those of the folders around it in the
source too; or ``re('…')``, or ``re('…','I')`` for any case: a regular expression. As
accsyn's own example calls ``re('[0-9]')`` "is only numbers", an expression must fill the name, or the name
without its extension, alone or repeated: that one leaves ``7``, ``2024`` and ``0012.exr`` out, and
``shot01.mov`` not. The manual lists no more than these examples; the rest is this sandbox's reading of it.

``task_bucketsize`` says how many tasks are dispatched together, 0 for all that are queued; one by default.
``transfer_speedlimit``, also written ``transfer_speed_limit`` or ``job_speed_limit``, says how many MB/s
(1 MB is 1,000,000 bytes) are sent at most. ``transfer_ignore_existing`` is ``file`` to leave files alone that
exist at the destination, ``directory`` to leave folders in the source alone that do, with all that is in
them, or ``file+directory``. ``job_max_retries`` (3) says how often a job that failed by itself is tried
again, ``job_autoretry_delay_s`` (15) how many seconds it waits for the first time; each pause is twice as
long as the one before. What else accsyn's manual names is accepted and changes nothing; ``transfer_mode``
can only be ``copy``, as nothing is deleted here.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final, Protocol

from accsyn_async.querying.patterns import Expression, PatternError, quoted_expression
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules.closed import Closed

__all__ = ["RETRIES", "RETRY_DELAY", "SEPARATOR", "SPEED_LIMITS", "Settings", "read_settings"]

SEPARATOR: Final = "\\,"
SPEED_LIMITS: Final = ("transfer_speedlimit", "transfer_speed_limit", "job_speed_limit")
RETRIES: Final = 3
RETRY_DELAY: Final = 15
OBEYED: Final = ("transfer_exclude", "transfer_include", "transfer_ignore_existing", *SPEED_LIMITS)
IDLE: Final = frozenset(
    {
        "transfer_attributes",
        "transfer_comparison",
        "transfer_concurrent",
        "transfer_conf",
        "transfer_encryption",
        "transfer_log",
        "transfer_mode",
        "transfer_reserved_space",
        "transfer_resume",
        "transfer_resume_limit",
    }
)
EXISTING: Final[Mapping[Any, tuple[str, ...]]] = {
    None: (),
    "": (),
    False: (),
    True: ("file",),
    "file": ("file",),
    "directory": ("directory",),
    "file+directory": ("file", "directory"),
    "directory+file": ("file", "directory"),
}
CHOICES: Final[Mapping[str, tuple[Any, ...]]] = {
    "transfer_ignore_existing": tuple(EXISTING),
    "transfer_mode": ("", "copy", None),
}


class _Statement(Protocol):
    def matches(self, path: tuple[str, ...]) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Glob:
    names: tuple[str, ...]

    def matches(self, path: tuple[str, ...]) -> bool:
        ends = path[-len(self.names) :]
        return len(ends) == len(self.names) and all(
            fnmatch.fnmatchcase(name.casefold(), glob) for name, glob in zip(ends, self.names, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Expression:
    pattern: Expression

    def matches(self, path: tuple[str, ...]) -> bool:
        name = path[-1]
        return any(self.pattern.search(text) for text in dict.fromkeys((name, PurePath(name).stem)))


@dataclass(frozen=True, slots=True)
class Settings:
    """What of a source is transferred.

    Attributes:
        exclude: a file or folder that matches one of these is left out, a folder with all that is in it.
        include: when there are any, only files that match one of these, or are in a folder that does, are
            transferred; what is excluded stays left out.
        keep_files: whether a file that exists at the destination is left alone.
        keep_folders: whether a folder in the source that exists at the destination is left alone, with all
            that is in it.
        bucket: how many tasks are dispatched together at most.
        rate: bytes a second at most.
        retries: how often what failed by itself is tried again.
        retry_delay: how many seconds pass before that is done for the first time.
        closed: folders that are left out of a source, and into which nothing is written.
    """

    exclude: tuple[_Statement, ...] = ()
    include: tuple[_Statement, ...] = ()
    keep_files: bool = False
    keep_folders: bool = False
    bucket: float = 1
    rate: float = math.inf
    retries: float = RETRIES
    retry_delay: float = RETRY_DELAY
    closed: Closed = frozenset()

    def excludes(self, *path: str) -> bool:
        """Whether a file or folder is left out by its names, from the source to its own."""
        return any(statement.matches(path) for statement in self.exclude)

    def includes(self, *path: str) -> bool:
        """Whether a file, or all of a folder, is let in by its names, from the source to its own."""
        return not self.include or any(statement.matches(path) for statement in self.include)


def read_settings(settings: Mapping[str, Any]) -> Settings:
    """Read the settings that are obeyed; others change nothing.

    Raises:
        Refusal: one cannot be read or obeyed, or is a ``transfer_`` setting that accsyn does not know.
    """
    for name, value in settings.items():
        if name.startswith("transfer_") and name not in OBEYED and name not in IDLE:
            raise Refusal(
                "E#J027",
                f"The setting {name!r} is not supported by this sandbox, which obeys {', '.join(OBEYED)}.",
            )
        if name in CHOICES and value not in CHOICES[name]:
            known = ", ".join(repr(one) for one in CHOICES[name] if one and isinstance(one, str))
            raise Refusal("E#J028", f"The setting {name!r} can be {known} in this sandbox, not {value!r}.")
    existing = EXISTING[settings.get("transfer_ignore_existing")]
    bucket = _number(settings, "task_bucketsize", 1, least=0, whole=True)
    return Settings(
        _statements(settings, "transfer_exclude"),
        _statements(settings, "transfer_include"),
        "file" in existing,
        "directory" in existing,
        bucket or math.inf,
        1_000_000 * min(_number(settings, name, math.inf) for name in SPEED_LIMITS),
        _number(settings, "job_max_retries", RETRIES, least=0, whole=True),
        _number(settings, "job_autoretry_delay_s", RETRY_DELAY, least=0),
    )


def _number(
    settings: Mapping[str, Any], name: str, default: float, *, least: float | None = None, whole: bool = False
) -> float:
    """A number from the least, or above 0, which may be written as text; an empty one is none."""
    value = settings.get(name)
    if value is None or value == "":
        return default
    number = math.nan
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = float(value)
    fits = number < math.inf and (number > 0 if least is None else number >= least)
    if not fits or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        bound = "above 0" if least is None else f"from {least:g}"
        raise Refusal("E#J029", f"The setting {name!r} must be {kind} {bound}, not {value!r}.")
    return number


def _statements(settings: Mapping[str, Any], name: str) -> tuple[_Statement, ...]:
    value = settings.get(name)
    if value is None or value == "":
        return ()
    if not isinstance(value, str):
        raise Refusal("E#J028", f"The setting {name!r} must be a text, not {value!r}.")
    return tuple(_statement(name, text.strip()) for text in value.split(SEPARATOR))


def _statement(name: str, text: str) -> _Statement:
    if not text:
        raise Refusal("E#J028", f"The setting {name!r} holds an empty statement.")
    if not text.startswith("re("):
        return _Glob(tuple(text.casefold().strip("/").split("/")))
    written = quoted_expression(text)
    if written is None:
        raise Refusal("E#J028", f"The setting {name!r}: write re('…') or re('…','I'), not {text}.")
    pattern, any_case = written
    try:
        return _Expression(Expression(pattern, ignore_case=any_case, fills=True))
    except PatternError as error:
        raise Refusal("E#J028", f"The setting {name!r}: {text} is no regular expression ({error}).") from None
