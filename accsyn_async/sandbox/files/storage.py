"""Access to files beneath a folder that cannot be led outside.

Every path is walked from its root one name at a time, each opened relative to the one before and never
through a symbolic link; what is renamed or swapped meanwhile cannot redirect the rest of the walk. Only
regular files and directories are touched. Where the platform cannot open relative to a directory (Windows),
each name is checked before it is opened instead, which leaves a moment in which somebody on the same
machine could swap it. Names are as `names` shows them.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from accsyn_async.sandbox.rows.told import Tell, plainly
from accsyn_async.sandbox.rules.names import real_name, shown_name

__all__ = [
    "MAX_DEPTH",
    "Aside",
    "Entry",
    "Folder",
    "StorageError",
    "check_depth",
    "file_at",
    "is_aside",
    "opened",
]

MAX_DEPTH: Final = 100

RELATIVE: Final = {os.open, os.stat, os.mkdir, os.rename, os.rmdir, os.unlink} <= os.supports_dir_fd and (
    os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")
)
_FOLDER_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)
_READ_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_WRITE_FLAGS: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_ASIDE: Final = re.compile(r"\.accsyn-[0-9a-f]{16}\.part")


class StorageError(Exception):
    """A file or folder that is missing, of the wrong kind, or a link; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a name: ``kind`` is ``file``, ``folder``, ``link`` or ``other``; ``size`` in bytes."""

    kind: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A file being written beside its place, to be renamed when it is complete."""

    descriptor: int
    name: str


class Folder:
    """An open folder; a context manager. Names given to it must be single names.

    Args:
        path: where it lies, for the work itself where folders have no descriptors.
        descriptor: the open directory; ``None`` where the platform has none.
        names: the names from the root to it.
        tell: tells of it and of what is in it, for error texts.
    """

    def __init__(
        self, path: Path, descriptor: int | None, names: tuple[str, ...] = (), tell: Tell = plainly
    ) -> None:
        self._path = path
        self._descriptor = descriptor
        self._names = names
        self._tell = tell

    @classmethod
    def root(cls, path: Path, tell: Tell = plainly) -> Folder:
        """Open a root.

        Raises:
            StorageError: it is no folder, or is gone.
        """
        try:
            return cls(path, os.open(path, _FOLDER_FLAGS) if RELATIVE else None, (), tell)
        except OSError as error:
            raise StorageError(f"{tell(())} cannot be opened: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @property
    def names(self) -> tuple[str, ...]:
        """The names from the root to it."""
        return self._names

    def close(self) -> None:
        """Close it; again does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _at(self, name: str, keyword: str = "dir_fd") -> tuple[str, dict[str, Any]]:
        real = real_name(name)
        if (
            not real
            or real in (".", "..")
            or any(one in real for one in ("/", "\0", os.sep, os.altsep or "/"))
        ):
            raise StorageError(f"{name!r} is no file name")
        if not RELATIVE:
            return str(self._path / real), {}
        if self._descriptor is None:
            raise StorageError(f"{self._tell(self._names)} is closed")
        return real, {keyword: self._descriptor}

    def _told(self, name: str) -> str:
        return self._tell((*self._names, name) if name else self._names)

    def _inner(self, name: str, descriptor: int | None) -> Folder:
        path = self._path / (real_name(name) or name)
        return Folder(path, descriptor, (*self._names, name), self._tell)

    def look(self, name: str) -> Entry | None:
        """What stands at a name; ``None`` when nothing does."""
        target, at = self._at(name)
        try:
            found = os.stat(target, follow_symlinks=False, **at)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(name, error) from None
        return _entry(found)

    def child(self, name: str) -> Folder:
        """Open a folder in it.

        Raises:
            StorageError: it is missing, a link, or no folder.
        """
        target, at = self._at(name)
        if not RELATIVE:
            self._require(name, "folder")
            return self._inner(name, None)
        try:
            return self._inner(name, os.open(target, _FOLDER_FLAGS, **at))
        except OSError as error:
            self._require(name, "folder")
            raise self._failed(name, error) from None

    def make(self, name: str) -> Folder:
        """Open a folder in it, made when it is not there."""
        target, at = self._at(name)
        try:
            os.mkdir(target, **at)
        except FileExistsError:
            pass
        except OSError as error:
            raise self._failed(name, error) from None
        return self.child(name)

    def add(self, name: str) -> None:
        """Make a folder in it.

        Raises:
            StorageError: something stands there.
        """
        target, at = self._at(name)
        try:
            os.mkdir(target, **at)
        except OSError as error:
            raise self._failed(name, error) from None

    def remove(self, name: str) -> None:
        """Remove an empty folder, or anything that is no folder; of a link the link itself."""
        target, at = self._at(name)
        found = self.look(name)
        try:
            if found is not None and found.kind == "folder":
                os.rmdir(target, **at)
            else:
                os.unlink(target, **at)
        except OSError as error:
            raise self._failed(name, error) from None

    def move(self, name: str, to: Folder, new: str) -> None:
        """Move a file or folder to a name that is free; a link is not moved.

        Raises:
            StorageError: it is missing or a link, or something stands there.
        """
        found = self.look(name)
        if found is None or found.kind not in ("file", "folder"):
            self._require(name, "file")
        if to.look(new) is not None:
            raise StorageError(f"{to._told(new)} already exists")
        source, at = self._at(name, "src_dir_fd")
        target, there = to._at(new, "dst_dir_fd")
        try:
            os.rename(source, target, **at, **there)
        except OSError as error:
            raise self._failed(name, error) from None

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """The names in it and what stands there, sorted by name."""
        source = self._descriptor if RELATIVE else self._path
        if source is None:
            raise StorageError(f"{self._tell(self._names)} is closed")
        try:
            with os.scandir(source) as found:
                real = (entry.name for entry in found)
                # A name that looks like what another one is shown as could not be asked for.
                names = sorted(name for one in real if real_name(name := shown_name(one)) == one)
        except OSError as error:
            raise self._failed("", error) from None
        for name in names:
            entry = self.look(name)
            if entry is not None:
                yield name, entry

    def read(self, name: str) -> int:
        """Open a regular file in it to be read.

        Returns:
            The descriptor, which the caller closes.

        Raises:
            StorageError: it is missing, a link, or no regular file.
        """
        target, at = self._at(name)
        if not RELATIVE:
            self._require(name, "file")
        try:
            descriptor = os.open(target, _READ_FLAGS, **at)
        except OSError as error:
            self._require(name, "file")
            raise self._failed(name, error) from None
        found = _entry(os.fstat(descriptor))
        if found.kind != "file":
            os.close(descriptor)
            raise self._not_a("file", name, found)
        return descriptor

    def write_aside(self) -> Aside:
        """Begin a file under a random name."""
        name = f".accsyn-{secrets.token_hex(8)}.part"
        target, at = self._at(name)
        try:
            return Aside(os.open(target, _WRITE_FLAGS, 0o666, **at), name)
        except OSError as error:
            raise self._failed(name, error) from None

    def require_replaceable(self, name: str) -> None:
        """Refuse a name at which something else than a regular file stands.

        Raises:
            StorageError: it does.
        """
        found = self.look(name)
        if found is not None and found.kind != "file":
            raise self._not_a("file", name, found)

    def settle(self, aside: Aside, name: str) -> None:
        """Give a file written aside its name, in place of a regular file that has it."""
        self.require_replaceable(name)
        source, at = self._at(aside.name, "src_dir_fd")
        target, to = self._at(name, "dst_dir_fd")
        try:
            # os.rename refuses an existing file on Windows, os.replace does not; elsewhere they are one.
            os.replace(source, target, **at, **to)
        except OSError as error:
            raise self._failed(name, error) from None

    def discard(self, aside: Aside) -> None:
        """Remove a file written aside."""
        target, at = self._at(aside.name)
        with suppress(OSError):
            os.unlink(target, **at)

    def _require(self, name: str, kind: str) -> None:
        found = self.look(name)
        if found is None:
            raise StorageError(f"{self._told(name)} does not exist")
        if found.kind != kind:
            raise self._not_a(kind, name, found)

    def _not_a(self, kind: str, name: str, found: Entry) -> StorageError:
        if found.kind == "link":
            return StorageError(f"{self._told(name)} is a symbolic link; links are not followed")
        if found.kind == "other":
            return StorageError(f"{self._told(name)} is a special file; it is not transferred")
        what = "a folder" if kind == "folder" else "a regular file"
        return StorageError(f"{self._told(name)} is not {what}")

    def _failed(self, name: str, error: OSError) -> StorageError:
        return StorageError(f"{self._told(name)} cannot be used: {error.strerror or error}")


def _entry(found: os.stat_result) -> Entry:
    mode = found.st_mode
    kind = "other"
    if stat.S_ISREG(mode):
        kind = "file"
    elif stat.S_ISDIR(mode):
        kind = "folder"
    elif stat.S_ISLNK(mode):
        kind = "link"
    return Entry(kind, found.st_size, found.st_mtime_ns)


def is_aside(name: str) -> bool:
    """Whether a name is one that `Folder.write_aside` gives."""
    return _ASIDE.fullmatch(name) is not None


def check_depth(names: tuple[str, ...]) -> None:
    """Refuse what lies deeper than anything is reached or made.

    Raises:
        StorageError: it does.
    """
    if len(names) > MAX_DEPTH:
        raise StorageError(f"the folders are nested more than {MAX_DEPTH} deep")


@contextmanager
def opened(
    root: Path, parts: tuple[str, ...], *, make: bool = False, tell: Tell = plainly
) -> Iterator[Folder]:
    """Walk from a root to a folder and hold it open.

    Args:
        root: the folder that must not be left.
        parts: the names from it to the folder.
        make: whether to make the folders that are missing.
        tell: tells of them, for error texts.

    Raises:
        StorageError: one of them is missing, a link, or no folder, or they are nested too deep.
    """
    check_depth(parts)
    folder = Folder.root(root, tell)
    try:
        for part in parts:
            inner = folder.make(part) if make else folder.child(part)
            folder.close()
            folder = inner
        yield folder
    finally:
        folder.close()


def file_at(root: Path, parts: tuple[str, ...], tell: Tell = plainly) -> Entry | None:
    """The regular file that a path names; ``None`` when it names anything else, or nothing that is there.

    Args:
        root: the folder that must not be left.
        parts: the names from it.
        tell: tells of it, for error texts.

    Raises:
        StorageError: a folder on the way is missing, a link, or no folder.
    """
    if not parts:
        return None
    with opened(root, parts[:-1], tell=tell) as above:
        entry = above.look(parts[-1])
    return entry if entry is not None and entry.kind == "file" else None
