r"""accsyn's notation of who sends or receives what: ``<party>:<path>`` (seeds 002 and 004).

The party is the workspace by its code or that of its main site (``acme:``, ``hq:``), a user
(``lisa@example.com:``, or on one of several computers ``lisa@example.com@studio-7:``), a site
(``site=berlin:``) or one client (``client=<id>:``). The path lies on a share
(``share=projects/a.mov``; ``volume=``, ``folder=``, ``home=``, ``collection=``, ``delivery=``;
``~/a.mov`` for one's own home), is relative (``thefilm/a.mov``), or absolute
(``/Volumes/EDIT/a.mov``, ``C:\Users\john\a.mov``, where the colon is no party's,
``\\nas\projects\a.mov``). Either may be left out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, get_args

from accsyn_async.errors import NotationError
from accsyn_async.jobs.file_sequences import FileSequence, sequence_problem

__all__ = ["MAIN_SITE", "Location", "Party", "PartyKind", "Share", "ShareKind"]

PartyKind = Literal["workspace", "site", "user", "client"]
ShareKind = Literal["share", "volume", "folder", "home", "collection", "delivery"]

MAIN_SITE: Final = "hq"
"""The code of a workspace's main site, unless somebody changed it (seed 004)."""

_CODE = re.compile(r"[^\W_][\w.-]*")
_USER = re.compile(r"(?P<user>[^\s:/\\@=]+@[^\s:/\\@=]+)(?:@(?P<host>[^\s:/\\@=]+))?")
_IDENT = re.compile(r"[^\s:/\\=]+")
_DRIVE = re.compile(r"(?P<letter>[A-Za-z]):[\\/]")
_LETTER = re.compile(r"[A-Za-z]:")
_SLIP = re.compile(r"(?P<user>[^\s:/\\@=]+@[^\s:/\\@=]+)/(?P<path>[A-Za-z]:[\\/].*)", re.DOTALL)
_LONGEST: Final = 32_767
"""Characters: no system that accsyn runs on has longer paths."""
_MOST_SHOWN: Final = 120
_KINDS: Final[tuple[PartyKind, ...]] = ("site", "client", "user")


@dataclass(frozen=True, slots=True)
class Party:
    r"""A sender or receiver (seeds 002 and 004).

    Attributes:
        kind: ``"workspace"``, ``"site"``, ``"user"`` or ``"client"``.
        name: the workspace's or site's code, the user's e-mail address, or an id.
        host: the computer that is meant, when a user has several; ``None`` for the one
            that was online last.

    Raises:
        NotationError: the name cannot be written in the notation.

    Example::

        >>> Party.site("berlin")
        Party('site=berlin')
        >>> Party.parse("lisa@example.com@studio-7").host
        'studio-7'
        >>> print(Party.user("lisa@example.com").at(r"C:\Users\lisa\a.mov"))
        lisa@example.com:C:\Users\lisa\a.mov
    """

    kind: PartyKind
    name: str
    host: str | None = None

    def __post_init__(self) -> None:
        fits = _CODE if self.kind == "workspace" else _IDENT
        given: object = self.name
        if not isinstance(given, str) or not fits.fullmatch(given):
            raise NotationError(
                f"{_cut(given)} cannot name a {self.kind}",
                "write a code, an id or an e-mail address, without blanks, colons and slashes",
                text=str(given),
            )
        if self.host is not None and (self.kind != "user" or not _USER.fullmatch(f"a@b@{self.host}")):
            raise NotationError(
                f"{_cut(self.host)} is no host",
                "write the name of a user's computer",
                text=str(self.host),
            )
        if self.kind == "user" and "@" in self.name and not _USER.fullmatch(self.name):
            raise NotationError(f"{_cut(self.name)} is no e-mail address", text=self.name)

    @classmethod
    def workspace(cls, code: str = MAIN_SITE) -> Party:
        """The workspace's own servers, by its code or that of its main site."""
        return cls("workspace", code)

    @classmethod
    def site(cls, code: str) -> Party:
        """The servers at a site, by its code or id."""
        return cls("site", code)

    @classmethod
    def user(cls, email: str, host: str | None = None) -> Party:
        """A user, by e-mail address or id, and the name of one of several computers."""
        return cls("user", email, host)

    @classmethod
    def client(cls, ident: str) -> Party:
        """One client (a desktop app, a user's server), by its id (seed 001)."""
        return cls("client", ident)

    @classmethod
    def parse(cls, text: str) -> Party:
        """Read a party; a code alone is the workspace's.

        Raises:
            NotationError: it names none.

        Example::

            >>> Party.parse("site=berlin"), Party.parse("acme"), Party.parse("john@user.com")
            (Party('site=berlin'), Party('acme'), Party('john@user.com'))
        """
        if not isinstance(text, str):
            raise NotationError(f"a party is a text such as 'site=berlin', not {_cut(text)}", text=str(text))
        found = _read_party(text)
        if found is None and _CODE.fullmatch(text):
            found = cls("workspace", text)
        if found is None:
            raise NotationError(
                f"{_cut(text)} names no party",
                "write the workspace's code, a user's e-mail address, site=<code> or client=<id>",
                text=text,
            )
        return found

    def at(self, path: str) -> Location:
        """What lies at this party under a path.

        Raises:
            NotationError: the path cannot be written in the notation.
        """
        return Location(self, path)

    def __str__(self) -> str:
        if self.kind == "workspace":
            return self.name
        if self.kind == "user" and "@" in self.name:
            return self.name if self.host is None else f"{self.name}@{self.host}"
        return f"{self.kind}={self.name}"

    def __repr__(self) -> str:
        return f"Party({str(self)!r})"


@dataclass(frozen=True, slots=True)
class Share:
    """A share that a path lies on.

    Attributes:
        kind: ``"share"`` stands for each of the others.
        name: its code or id; for a home the user's e-mail address, or ``~`` for one's own.
    """

    kind: ShareKind
    name: str


@dataclass(frozen=True, slots=True, repr=False)
class Location:
    r"""A source or destination: a party and a path, one of which may be left out.

    What is read is written again as it was, but for the case of ``site=`` and the like.

    Attributes:
        party: who sends or receives; ``None`` lets accsyn find out.
        path: what, as written; ``None`` for where the other end has it ("mirrored").

    Raises:
        NotationError: both are left out, or the path cannot be written.

    Example::

        >>> plate = Location.parse("site=berlin:share=projects/thefilm/010/plate.exr")
        >>> plate.party, plate.share, plate.name
        (Party('site=berlin'), Share(kind='share', name='projects'), 'plate.exr')
        >>> Location.parse(r"C:\Users\john\Desktop\image.png").party is None
        True
        >>> print(Location.parse("share=projects") / "thefilm" / "010")
        share=projects/thefilm/010
    """

    party: Party | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        if self.party is not None and not isinstance(self.party, Party):
            raise NotationError(f"party is a Party or None, not {_cut(self.party)}", text=str(self.party))
        if self.path is not None:
            _check_path(self.path, alone=self.party is None)
        elif self.party is None:
            raise NotationError("a location without party and path names nothing")

    @classmethod
    def parse(cls, text: str, workspace: str | None = None) -> Location:
        """Read a source or destination.

        Args:
            text: such as ``site=berlin:share=projects/a.mov``.
            workspace: the workspace's code, which names a party on its own too; without
                it, a code alone that is not ``hq`` is read as a file's name.

        Raises:
            NotationError: it cannot be read; the message says what to write.

        Example::

            >>> Location.parse("acme", workspace="acme").party
            Party('acme')
            >>> Location.parse("acme").path
            'acme'
        """
        if not isinstance(text, str):
            raise NotationError(f"a location is a text, not {_cut(text)}", text=str(text))
        if not text.strip():
            raise NotationError("it is empty", text=text)
        slip = _SLIP.fullmatch(text)
        if slip is not None:
            return cls(Party("user", slip["user"]), slip["path"])
        if _DRIVE.match(text) or text[0] in "/\\~" or _read_share(text) is not None:
            return cls(None, text)
        head, colon, tail = text.partition(":")
        codes = {MAIN_SITE, *([] if workspace is None else [workspace.casefold()])}
        if not colon:
            party = Party("workspace", text) if text.casefold() in codes else _read_party(text)
            return cls(None, text) if party is None else cls(party)
        if "/" in head or "\\" in head:
            return cls(None, text)
        if _LETTER.match(text) and head.casefold() not in codes:
            raise NotationError(
                f"{_cut(text)} has no slash behind the drive",
                f"write it as in {head}:\\folder",
                text=text,
            )
        return cls(Party.parse(head), tail or None)

    @classmethod
    def on_share(cls, name: str, path: str = "", kind: ShareKind = "share") -> Location:
        """A path on a share, at no stated party.

        Example::

            >>> print(Location.on_share("projects", "thefilm/010/", kind="volume"))
            volume=projects/thefilm/010/
        """
        return cls(None, f"{kind}={name}" + (f"/{path}" if path else ""))

    @property
    def share(self) -> Share | None:
        """The share that the path begins with; ``None`` when it names none."""
        found = _read_share(self.path or "")
        return None if found is None else found[0]

    @property
    def inner(self) -> str:
        """The path below the share, or all of it when it names none; empty without a path."""
        found = _read_share(self.path or "")
        return (self.path or "") if found is None else found[1]

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the folders and of the file, without share, drive and slashes."""
        inner = self.inner
        if self.drive is not None:
            inner = inner[2:]
        return tuple(part for part in inner.replace("\\", "/").split("/") if part not in ("", "."))

    @property
    def name(self) -> str:
        """The last part of the path; empty when there is none."""
        return self.parts[-1] if self.parts else ""

    @property
    def drive(self) -> str | None:
        """The Windows drive, such as ``C:``; ``None`` without one."""
        found = _DRIVE.match(self.path or "")
        return None if found is None else f"{found['letter']}:"

    @property
    def is_absolute(self) -> bool:
        """Whether the path begins at the root of a computer, a drive or a network share (UNC)."""
        return self.path is not None and (self.drive is not None or self.path[:1] in ("/", "\\"))

    @property
    def is_mirrored(self) -> bool:
        """Whether the path is left out, and so the other end's."""
        return self.path is None

    @property
    def is_folder(self) -> bool:
        """Whether the path says that it is a folder: by a slash at its end, or as a whole share."""
        return self.path is not None and (self.path.endswith(("/", "\\")) or not self.inner)

    @property
    def sequence(self) -> FileSequence | None:
        """The part of a numbered sequence that it names; ``None`` when it names none."""
        return FileSequence.read(self.name)

    def __truediv__(self, name: str) -> Location:
        """What lies below, with the kind of slash that the path has.

        Raises:
            NotationError: there is no path to go on from.
        """
        if self.path is None:
            raise NotationError(f"{self} has no path that {_cut(name)} could lie below", text=str(self))
        slash = "\\" if "\\" in self.path and "/" not in self.path else "/"
        return Location(self.party, self.path.rstrip("/\\") + slash + name)

    def __str__(self) -> str:
        if self.path is None or self.party is None:
            return str(self.party) if self.path is None else self.path
        return f"{self.party}:{self.path}"

    def __repr__(self) -> str:
        return f"Location({str(self)!r})"


def _read_party(text: str) -> Party | None:
    """A party that is one by its form alone, so not a workspace's code; ``None`` for anything else.

    Raises:
        NotationError: it begins like one, and names none.
    """
    for kind in _KINDS:
        if text[: len(kind) + 1].casefold() == f"{kind}=":
            name = text[len(kind) + 1 :]
            if not name:
                raise NotationError(f"{_cut(text)} names no {kind}", text=text)
            if "/" in name or "\\" in name:
                raise NotationError(
                    f"{_cut(text)} holds a slash",
                    f"separate the {kind} from the path by a colon, as in {kind}=…:share=…",
                    text=text,
                )
            user = _USER.fullmatch(name) if kind == "user" else None
            return Party("user", user["user"], user["host"]) if user else Party(kind, name)
    user = _USER.fullmatch(text)
    return None if user is None else Party("user", user["user"], user["host"])


def _read_share(path: str) -> tuple[Share, str] | None:
    """The share that a path begins with, and the path below it."""
    if path[:1] == "~" and path[1:2] in ("", "/", "\\"):
        return Share("home", "~"), path[2:]
    kind, equals, rest = path.partition("=")
    if not equals or kind.casefold() not in get_args(ShareKind):
        return None
    name = rest.replace("\\", "/").partition("/")[0]
    if not name.strip():
        raise NotationError(f"{_cut(path)} names no {kind}", text=path)
    return Share(kind.casefold(), name), rest[len(name) + 1 :]  # type: ignore[arg-type]


def _check_path(path: object, *, alone: bool) -> None:
    """Refuse a path that cannot be written, or would be read as something else."""
    if not isinstance(path, str) or not path.strip():
        raise NotationError(f"a path is a text or None, and not empty, not {_cut(path)}", text=str(path))
    wrong = next((one for one in path if unicodedata.category(one) == "Cc"), None)
    if wrong is not None:
        raise NotationError(
            f"the path {_cut(path)} holds the control character {wrong!r}",
            "write a backslash twice in JSON and in Python",
            text=path,
        )
    if any("\ud800" <= one <= "\udfff" for one in path):
        raise NotationError(f"the path {_cut(path)} is no proper Unicode", text=path)
    parts = path.replace("\\", "/").split("/")
    if ".." in parts:
        raise NotationError(f"the path {_cut(path)} climbs with '..'", "write where it leads", text=path)
    problem = sequence_problem(next((part for part in reversed(parts) if part), ""))
    if problem is not None:
        raise NotationError(
            problem,
            "end a sequence with its first and last number, as in movie.%04d.jpg[100-167]",
            text=path,
        )
    if len(path) > _LONGEST:
        raise NotationError(f"the path {_cut(path)} is longer than {_LONGEST} characters", text=path)
    _read_share(path)
    colon = path.partition(":")[0] if ":" in path else "/"
    plain = _DRIVE.match(path) or path[0] in "/\\~" or "/" in colon or "\\" in colon
    if alone and not plain and _read_share(path) is None:
        raise NotationError(f"{_cut(path)} would be read as a party's path", "begin it with ./", text=path)


def _cut(text: object) -> str:
    """A text as messages show it."""
    shown = repr(text)
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[: _MOST_SHOWN - 1]}…"
