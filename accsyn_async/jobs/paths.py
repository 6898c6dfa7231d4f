"""Paths, in accsyn's notation: on a share, relative, or absolute (accsyn's job specifications)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

from accsyn_async.errors import NotationError
from accsyn_async.jobs.file_sequences import sequence_problem
from accsyn_async.jobs.quoting import quoted

__all__ = ["DRIVE", "LETTER", "Share", "ShareKind", "check_path", "read_share"]

ShareKind = Literal["share", "volume", "folder", "home", "collection", "delivery"]

DRIVE: Final = re.compile(r"(?P<letter>[A-Za-z]):[\\/]")
"""A Windows drive, whose colon is no party's."""
LETTER: Final = re.compile(r"[A-Za-z]:")
"""What may be a drive, or one whose slash was forgotten."""
_KINDS: Final = frozenset(get_args(ShareKind))
_UNWRITTEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ESCAPED: Final = "\0\a\b\t\n\v\f\r"
"""What a backslash and a letter or digit become."""
_LONGEST: Final = 32_767
"""Characters: no system that accsyn runs on has longer paths."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share that a path lies on.

    Attributes:
        kind: ``"share"`` stands for each of the others.
        name: its code or id; for a home the user's e-mail address, or ``~`` for one's own.
    """

    kind: ShareKind
    name: str


def read_share(path: str) -> tuple[Share, str] | None:
    """The share that a path begins with, and the path below it.

    Raises:
        NotationError: it names a share's kind alone.
    """
    if path[:1] == "~" and path[1:2] in ("", "/", "\\"):
        return Share("home", "~"), path[2:]
    kind, equals, rest = path.partition("=")
    if not equals or kind.lower() not in _KINDS:
        return None
    name = rest.replace("\\", "/").partition("/")[0]
    if name.strip() in ("", ".", ".."):
        raise NotationError(f"{quoted(path)} names no {kind}", text=path)
    return Share(kind.lower(), name), rest[len(name) + 1 :]  # type: ignore[arg-type]


def check_path(path: object) -> None:
    """Refuse a path that cannot be written.

    Raises:
        NotationError: why it cannot.
    """
    if not isinstance(path, str) or not path.strip():
        raise NotationError(f"a path is a text or None, and not empty, not {quoted(path)}", text=str(path))
    if len(path) > _LONGEST:
        raise NotationError(f"the path {quoted(path)} is longer than {_LONGEST} characters", text=path)
    wrong = _UNWRITTEN.search(path)
    if wrong is not None and "\ud800" <= wrong[0] <= "\udfff":
        raise NotationError(f"the path {quoted(path)} is no proper Unicode", text=path)
    if path.rstrip("\r\n") == path[: wrong.start() if wrong else None] != path:
        raise NotationError(f"the path {quoted(path)} ends with a line end", "remove the line end", text=path)
    if wrong is not None:
        raise NotationError(
            f"the path {quoted(path)} holds the control character {wrong[0]!r}",
            "write a backslash twice in JSON and in Python" if wrong[0] in _ESCAPED else "remove it",
            text=path,
        )
    parts = path.replace("\\", "/").split("/")
    if ".." in parts:
        raise NotationError(f"the path {quoted(path)} climbs with '..'", "write where it leads", text=path)
    problem = sequence_problem(next((part for part in reversed(parts) if part), ""))
    if problem is not None:
        raise NotationError(
            problem,
            "end a sequence with its first and last number, as in movie.%04d.jpg[100-167]",
            text=path,
        )
    if LETTER.match(path) and not DRIVE.match(path):
        raise NotationError(
            f"{quoted(path)} has no slash behind the drive",
            f"write it as in {path[:2]}\\folder, or begin it with ./ when it is none",
            text=path,
        )
    if _root(path) != _root(path.strip()):
        raise NotationError(f"the path {quoted(path)} begins or ends with a blank", "remove it", text=path)


def _root(path: str) -> Share | str | None:
    """What a path begins at: a share, a drive, or the root of a computer; ``None`` when it is relative."""
    found = read_share(path)
    if found is not None:
        return found[0]
    return path[:2] if DRIVE.match(path) else path[0] if path[0] in "/\\" else None
