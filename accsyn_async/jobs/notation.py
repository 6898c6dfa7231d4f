r"""accsyn's notation of who sends or receives what: ``<party>:<path>`` (accsyn's job specifications).

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
from dataclasses import dataclass
from typing import Final, Literal, get_args

from accsyn_async.errors import NotationError
from accsyn_async.jobs.file_sequences import FileSequence
from accsyn_async.jobs.paths import DRIVE, LETTER, Share, ShareKind, check_path, read_share
from accsyn_async.jobs.quoting import quoted
from accsyn_async.jobs.slips import refuse_colon

__all__ = ["MAIN_SITE", "Location", "Party", "PartyKind", "Share", "ShareKind"]

PartyKind = Literal["workspace", "site", "user", "client"]

MAIN_SITE: Final = "hq"
"""The code of a workspace's main site, unless somebody changed it (accsyn's job specification)."""

_UNWRITTEN = r"\s:/\\=\x00-\x1f\x7f-\x9f\ud800-\udfff"
_CODE = re.compile(r"[^\W_][\w.-]*")
_IDENT = re.compile(rf"[^{_UNWRITTEN}]+")
_HOST = re.compile(rf"[^@{_UNWRITTEN}]+")
_MAIL = re.compile(rf"{_HOST.pattern}@{_HOST.pattern}")
_USER = re.compile(rf"(?P<user>{_MAIL.pattern})(?:@(?P<host>{_HOST.pattern}))?")
_SLIP = re.compile(rf"(?P<user>{_MAIL.pattern})/(?P<path>[A-Za-z]:[\\/].*)", re.DOTALL)
_KINDS: Final[tuple[PartyKind, ...]] = ("site", "client", "user")


@dataclass(frozen=True, slots=True)
class Party:
    r"""A sender or receiver (accsyn's job specifications).

    Attributes:
        kind: ``"workspace"``, ``"site"``, ``"user"`` or ``"client"``.
        name: the workspace's or site's code, the user's e-mail address, or an id.
        host: the computer that is meant, when a user (by e-mail address) has several; ``None``
            for the one that was online last.

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
        if self.kind not in get_args(PartyKind):
            raise NotationError(
                f"{quoted(self.kind)} is no kind of party",
                f"write one of {', '.join(get_args(PartyKind))}",
                text=str(self.kind),
            )
        given: object = self.name
        fits = _CODE if self.kind == "workspace" else _IDENT
        if not isinstance(given, str) or not fits.fullmatch(given):
            raise NotationError(
                f"{quoted(given)} cannot name a {self.kind}",
                "write a code, an id or an e-mail address, without blanks, colons and slashes",
                text=str(given),
            )
        is_mail = _MAIL.fullmatch(given) is not None
        if self.kind == "user" and "@" in given and not is_mail:
            raise NotationError(f"{quoted(given)} is no e-mail address", text=given)
        host: object = self.host
        if host is not None and not (isinstance(host, str) and _HOST.fullmatch(host)):
            raise NotationError(
                f"{quoted(host)} is no host", "write the name of a user's computer", text=str(host)
            )
        if host is not None and not (self.kind == "user" and is_mail):
            raise NotationError(
                f"{quoted(given)} cannot have a host", "name the user by e-mail address", text=given
            )

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
        """One client (a desktop app, a user's server), by its id (accsyn's page on transfers)."""
        return cls("client", ident)

    @classmethod
    def parse(cls, text: str) -> Party:
        """Read a party, with or without the colon behind it; a code alone is the workspace's.

        Raises:
            NotationError: it names none.

        Example::

            >>> Party.parse("site=berlin"), Party.parse("acme"), Party.parse("john@user.com")
            (Party('site=berlin'), Party('acme'), Party('john@user.com'))
        """
        if not isinstance(text, str):
            raise NotationError(
                f"a party is a text such as 'site=berlin', not {quoted(text)}", text=str(text)
            )
        if text.endswith(":") and not LETTER.fullmatch(text):
            text = text.removesuffix(":")
        found = _read_party(text)
        if found is None and _CODE.fullmatch(text):
            found = cls("workspace", text)
        if found is None:
            raise NotationError(
                f"{quoted(text)} names no party",
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


@dataclass(frozen=True, slots=True, repr=False)
class Location:
    r"""A source or destination: a party and a path, one of which may be left out.

    What is read is written again as it was, but for the case of ``site=`` and the like, ``user=``
    before an e-mail address, and a colon without a path. What is made in Python is read again as
    what it is. A workspace alone is written as its code: only who knows that reads it as a party.

    Attributes:
        party: who sends or receives; ``None`` lets accsyn find out.
        path: what, as written; ``None`` for where the other end has it ("mirrored").

    Raises:
        NotationError: both are left out, the path cannot be written, or would be read as another.

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
            raise NotationError(f"party is a Party or None, not {quoted(self.party)}", text=str(self.party))
        if self.path is not None:
            check_path(self.path)
        elif self.party is None:
            raise NotationError("a location without party and path names nothing")
        self._check_read()

    def _check_read(self) -> None:
        """Refuse what would be read as something else, also by who does not mind blanks around it."""
        text = str(self)
        code = self.party.name if self.party is not None and self.party.kind == "workspace" else None
        try:
            same = all(_take_apart(one, code)[0] == self.party for one in {text, text.strip()})
        except NotationError:
            same = False
        if same:
            return
        if text != text.strip():
            raise NotationError(f"{quoted(text)} begins or ends with a blank", "remove it", text=text)
        if self.party is None:
            raise NotationError(f"{quoted(text)} would be read as a party's", "begin it with ./", text=text)
        raise NotationError(f"{quoted(text)} would be read as a path on a drive", text=text)

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
            raise NotationError(f"a location is a text, not {quoted(text)}", text=str(text))
        if not text.strip():
            raise NotationError("it is empty", text=text)
        return cls(*_take_apart(text, workspace))

    @classmethod
    def on_share(cls, name: str, path: str = "", kind: ShareKind = "share") -> Location:
        """A path on a share, at no stated party.

        Raises:
            NotationError: that is no share's code or id, or the path cannot be written.

        Example::

            >>> print(Location.on_share("projects", "thefilm/010/", kind="volume"))
            volume=projects/thefilm/010/
        """
        made = cls(None, f"{kind}={name}" + (f"/{path}" if path else ""))
        if made.share != Share(kind, name):
            raise NotationError(
                f"{quoted(name)} cannot name a {kind}",
                "write its code or id, without slashes",
                text=str(name),
            )
        return made

    @property
    def share(self) -> Share | None:
        """The share that the path begins with; ``None`` when it names none."""
        found = read_share(self.path or "")
        return None if found is None else found[0]

    @property
    def inner(self) -> str:
        """The path below the share, or all of it when it names none; empty without a path."""
        found = read_share(self.path or "")
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
        parts = self.parts
        return parts[-1] if parts else ""

    @property
    def drive(self) -> str | None:
        """The Windows drive, such as ``C:``; ``None`` without one."""
        found = DRIVE.match(self.path or "")
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
        """What lies below, with the kind of slash that the path has; an empty name makes it a folder.

        Raises:
            NotationError: there is no path to go on from, or the name begins with a slash.
        """
        if self.path is None:
            raise NotationError(f"{self} has no path that {quoted(name)} could lie below", text=str(self))
        given: object = name
        if not isinstance(given, str) or given.startswith(("/", "\\")):
            raise NotationError(
                f"{quoted(given)} is no name below {self}", "begin it without slash", text=str(given)
            )
        slash = "\\" if "\\" in self.path and "/" not in self.path else "/"
        ended = self.path.endswith(("/", "\\"))
        return Location(self.party, self.path + ("" if ended else slash) + name)

    def __str__(self) -> str:
        if self.path is None or self.party is None:
            return str(self.party) if self.path is None else self.path
        return f"{self.party}:{self.path}"

    def __repr__(self) -> str:
        return f"Location({str(self)!r})"


def _take_apart(text: str, workspace: str | None) -> tuple[Party | None, str | None]:
    """The party and the path of a location, either of which may be left out.

    Raises:
        NotationError: there is no party of the form in front of the colon.
    """
    slip = _SLIP.fullmatch(text)
    if slip is not None:
        return Party("user", slip["user"]), slip["path"]
    if DRIVE.match(text) or text[0] in "/\\" or read_share(text) is not None:
        return None, text
    head, colon, tail = text.partition(":")
    known = head.casefold() in (MAIN_SITE, *([] if workspace is None else [workspace.casefold()]))
    if not colon:
        party = Party("workspace", text) if known else _read_party(text)
        return party, text if party is None else None
    if not known:
        refuse_colon(text)
    if "/" in head or "\\" in head or (LETTER.match(text) and not known):
        return None, text
    party = Party.parse(head)
    if party.kind == "workspace" and not known and not tail and workspace is not None:
        raise NotationError(
            f"{quoted(text)} names a workspace that is not yours",
            f"write site={head}, or a path behind the colon",
            text=text,
        )
    return party, tail or None


def _read_party(text: str) -> Party | None:
    """A party that is one by its form alone, so not a workspace's code; ``None`` for anything else.

    Raises:
        NotationError: it begins like one, and names none.
    """
    for kind in _KINDS:
        if text[: len(kind) + 1].lower() == f"{kind}=":
            name = text[len(kind) + 1 :]
            if not name:
                raise NotationError(f"{quoted(text)} names no {kind}", text=text)
            if "/" in name or "\\" in name:
                raise NotationError(
                    f"{quoted(text)} holds a slash",
                    f"separate the {kind} from the path by a colon, as in {kind}=…:share=…",
                    text=text,
                )
            user = _USER.fullmatch(name) if kind == "user" else None
            return Party("user", user["user"], user["host"]) if user else Party(kind, name)
    user = _USER.fullmatch(text)
    return None if user is None else Party("user", user["user"], user["host"])
