r"""Reads accsyn's ``party:path`` notation, without knowing what exists.

The party is the workspace (``acme:``), its main site (``hq:``), a user (``lisa@example.com:``, or on one of
several computers ``lisa@example.com@hostname:``), a site (``site=berlin:``) or a client (``client=<id>:``).
The path is relative (``thefilm/a.mov``), on a share (``share=projects/a.mov``, ``volume=``, ``folder=``,
``collection=``, ``home=``, or ``~/a.mov`` for one's own home), or absolute (``/Volumes/EDIT/a.mov``,
``C:\Users\john\a.mov``). Either may be missing. The files of a numbered sequence are named together:
``movie.%04d.jpg[100-167]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from accsyn_async.sandbox.rules.names import BLANKS, real_name
from accsyn_async.sandbox.rules.sequences import split_range

__all__ = ["OWN", "NotationError", "Party", "Place", "read_place"]

OWN: Final = "~"
"""The name of one's own home."""
SHARE_KINDS: Final = ("share", "volume", "folder", "collection", "home")
MAX_TEXT: Final = 32_768
MAX_DEPTH: Final = 100

_DRIVE: Final = re.compile(r"([A-Za-z]):(?=[\\/]|$)")
_USER: Final = re.compile(r"(?P<user>[^\s:/\\@=]+@[^\s:/\\@=]+)(?:@(?P<host>[^\s:/\\@=]+))?")
_QUIRK: Final = re.compile(r"(?P<user>[^\s:/\\@=]+@[^\s:/\\@=]+)/(?P<path>[A-Za-z]:[\\/].*)", re.DOTALL)


class NotationError(ValueError):
    """A place that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or receives: ``kind`` is ``workspace``, ``site``, ``user`` or ``client``, ``name`` which.

    ``host`` is the name of a user's computer, in lower case; empty when it was left out.
    """

    kind: str
    name: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A party and a path as they were written.

    Attributes:
        party: who; ``None`` when it was left out.
        share: kind and name of the share (``("volume", "projects")``); ``None`` without one.
        parts: the path's names; ``None`` when there is no path.
        absolute: whether it began at the root of a machine.
        drive: the Windows drive letter, upper case; ``None`` without one.
        folder: whether it ended with a slash and so names a folder.
        text: the path as written.
        frames: the first and last number of a sequence, whose last part then holds ``%04d``.
    """

    party: Party | None = None
    share: tuple[str, str] | None = None
    parts: tuple[str, ...] | None = None
    absolute: bool = False
    drive: str | None = None
    folder: bool = False
    text: str = ""
    frames: tuple[int, int] | None = None


def read_place(text: str, workspace: str, main_site: str = "hq") -> Place:
    """Read a source or destination.

    Args:
        text: such as ``site=berlin:share=projects/a.mov``.
        workspace: the workspace's code.
        main_site: the main site's code, which names the workspace too.

    Returns:
        What was written.

    Raises:
        NotationError: it cannot be read, or climbs with ``..``.
    """
    if not text.strip():
        raise NotationError("it is empty")
    if len(text) > MAX_TEXT:
        raise NotationError(f"it is longer than {MAX_TEXT} characters")
    if "\0" in text:
        raise NotationError("it holds a null character")
    text = text.strip(BLANKS)
    quirk = _QUIRK.fullmatch(text)
    if quirk:
        return _path(Party("user", quirk["user"].casefold()), quirk["path"])
    head, colon, tail = text.partition(":")
    own = (workspace.casefold(), main_site.casefold())
    if not colon:
        party = _party(text, own)
        return _path(None, text) if party is None else Place(party=party)
    if _DRIVE.match(text) or text[0] in "/\\" or _share(text) is not None:
        return _path(None, text)
    party = _party(head, own)
    if party is None:
        if "/" in head or "\\" in head:
            return _path(None, text)
        raise NotationError(
            f"{head!r} is no party; write the workspace ({workspace}), {main_site}, "
            "a user's e-mail, site=<code> or client=<id> before the colon"
        )
    return _path(party, tail) if tail else Place(party=party)


def _party(text: str, own: tuple[str, ...]) -> Party | None:
    folded = text.strip().casefold()
    if folded in own:
        return Party("workspace", folded)
    for kind in ("site", "client", "user"):
        if folded.startswith(f"{kind}="):
            name = folded[len(kind) + 1 :]
            if not name:
                raise NotationError(f"{kind}= names none")
            if "/" in name or "\\" in name:
                raise NotationError(f"{kind}={name}: a colon separates the {kind} from the path")
            return Party(kind, name)
    found = _USER.fullmatch(folded)
    return None if found is None else Party("user", found["user"], found["host"] or "")


def _share(text: str) -> tuple[str, str, str] | None:
    if text == OWN or text.startswith((f"{OWN}/", f"{OWN}\\")):
        return "home", OWN, text[2:].replace("\\", "/")
    kind, equals, rest = text.partition("=")
    kind = kind.casefold()
    if not equals or kind not in SHARE_KINDS:
        return None
    name, _, path = rest.replace("\\", "/").partition("/")
    if not name.strip():
        raise NotationError(f"{kind}= names none")
    return kind, name.strip().casefold(), path


def _path(party: Party | None, text: str) -> Place:
    share = _share(text)
    drive = None
    absolute = False
    rest = text.replace("\\", "/")
    if share is not None:
        rest = share[2]
    else:
        letter = _DRIVE.match(text)
        if letter:
            drive, rest, absolute = letter[1].upper(), rest[2:], True
        elif rest.startswith("/"):
            absolute = True
    parts = tuple(part for part in rest.split("/") if part not in ("", "."))
    if ".." in parts:
        raise NotationError("a path must not climb with '..'")
    if any("\ud800" <= character <= "\udfff" for character in rest):
        raise NotationError("it is not proper Unicode")
    if any(len((real_name(part) or part).encode("utf-8", "surrogateescape")) > 255 for part in parts):
        raise NotationError("a name in it is longer than 255 bytes")
    if len(parts) > MAX_DEPTH and not absolute:
        raise NotationError(f"it is more than {MAX_DEPTH} folders deep")
    frames = None
    if parts:
        try:
            last, frames = split_range(parts[-1])
        except ValueError as error:
            raise NotationError(str(error)) from None
        parts = (*parts[:-1], last)
    return Place(
        party=party,
        share=None if share is None else share[:2],
        parts=parts,
        absolute=absolute,
        drive=drive,
        folder=not parts or text.endswith(("/", "\\")),
        text=text,
        frames=frames,
    )
