"""Lists and measures files beneath a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from accsyn_async.sandbox.files.filters import NameFilter
from accsyn_async.sandbox.files.storage import Entry, Folder, StorageError, check_depth, file_at, opened
from accsyn_async.sandbox.rows.told import Tell, plainly
from accsyn_async.sandbox.rules.closed import Closed, key
from accsyn_async.sandbox.state.clock import END, utc_text

__all__ = ["Allowance", "Listing", "exists", "list_files", "list_named", "measure"]

FOLDER, FILE = 0, 1
UNMEASURED: Final = -1

Row = dict[str, Any]


@dataclass(slots=True)
class Allowance:
    """How many files and folders one call may still touch, and which folders not at all."""

    entries: int = 100_000
    closed: Closed = frozenset()

    def covers(self, folder: Folder, name: str) -> bool:
        """Whether what a folder holds may be touched."""
        return not self.closed or key(folder.path / name) not in self.closed

    def take(self, folder: Folder, name: str) -> None:
        """Use one up.

        Args:
            folder: where it lies.
            name: what it is called.

        Raises:
            StorageError: there is none left, or it lies too deep.
        """
        self.entries -= 1
        if self.entries < 0:
            raise StorageError("there are too many files and folders for one call")
        check_depth((*folder.names, name))


@dataclass(frozen=True, slots=True)
class Listing:
    """What to list.

    Attributes:
        recursive: whether a folder's row holds rows of what is in it, under ``files``.
        levels: how many levels, 1 for the folder alone; ``None`` for all.
        getsize: whether folders are measured.
        files: whether files are listed.
        folders: whether folders are listed; without them nothing below is.
        names: which names.
    """

    recursive: bool = False
    levels: int | None = None
    getsize: bool = False
    files: bool = True
    folders: bool = True
    names: NameFilter = field(default_factory=NameFilter)


def list_files(
    root: Path, parts: tuple[str, ...], listing: Listing, allowance: Allowance, tell: Tell = plainly
) -> list[Row]:
    """List a folder, or a file alone. Links and special files are left out.

    Args:
        root: the folder that must not be left.
        parts: the names from it.
        listing: what to list.
        allowance: how much.
        tell: tells of it, for error texts.

    Raises:
        StorageError: it is missing, a link or a special file, or too much.
    """
    file = file_at(root, parts, tell)
    if file is not None:
        shown = listing.files and listing.names.shows(parts[-1])
        return [_row(parts[-1], file)] if shown else []
    with opened(root, parts, tell=tell) as folder:
        return _list(folder, listing, allowance, 1)


def list_named(
    name: str,
    root: Path,
    parts: tuple[str, ...],
    listing: Listing,
    allowance: Allowance,
    tell: Tell = plainly,
) -> list[Row]:
    """The row of one file or folder by another name; none when it is not there, or not to be listed.

    Args:
        name: what it is called.
        root: the folder that must not be left.
        parts: the names from it.
        listing: what to list.
        allowance: how much.
        tell: tells of it, for error texts.

    Raises:
        StorageError: there is too much in it.
    """
    if not exists(root, parts):
        return []
    with opened(root, parts[:-1], tell=tell) as above:
        real = parts[-1] if parts else "."
        entry = above.look(real)
        return [] if entry is None else _listed(above, real, name, entry, listing, allowance, 1)


def _list(folder: Folder, listing: Listing, allowance: Allowance, depth: int) -> list[Row]:
    rows: list[Row] = []
    for name, entry in folder.entries():
        if allowance.covers(folder, name):
            rows.extend(_listed(folder, name, name, entry, listing, allowance, depth))
    return rows


def _listed(
    folder: Folder, real: str, name: str, entry: Entry, listing: Listing, allowance: Allowance, depth: int
) -> list[Row]:
    allowance.take(folder, real)
    if entry.kind == "file":
        return [_row(name, entry)] if listing.files and listing.names.shows(name) else []
    if entry.kind != "folder" or not listing.folders or listing.names.closes(name):
        return []
    row = _row(name, entry)
    goes_on = listing.recursive and (listing.levels is None or depth < listing.levels)
    if goes_on or listing.getsize:
        with folder.child(real) as inner:
            if goes_on:
                row["files"] = _list(inner, listing, allowance, depth + 1)
            if listing.getsize:
                row["size"] = _measure(inner, NameFilter(), allowance)
    # A folder whose name is not shown leads to what is.
    return [row] if listing.names.shows(name) or row.get("files") else []


def measure(
    root: Path, parts: tuple[str, ...], names: NameFilter, allowance: Allowance, tell: Tell = plainly
) -> int:
    """The bytes of a file, or of all files in a folder, whose names a filter shows.

    Raises:
        StorageError: it is missing, a link or a special file, or too much.
    """
    file = file_at(root, parts, tell)
    if file is not None:
        return file.size if names.shows(parts[-1]) else 0
    with opened(root, parts, tell=tell) as folder:
        return _measure(folder, names, allowance)


def _measure(folder: Folder, names: NameFilter, allowance: Allowance) -> int:
    size = 0
    for name, entry in folder.entries():
        allowance.take(folder, name)
        if entry.kind == "file":
            size += entry.size if names.shows(name) else 0
        elif entry.kind == "folder" and not names.closes(name) and allowance.covers(folder, name):
            with folder.child(name) as inner:
                size += _measure(inner, names, allowance)
    return size


def exists(root: Path, parts: tuple[str, ...]) -> bool:
    """Whether there is a file or folder; what lies behind a link is not there."""
    try:
        with opened(root, parts[:-1]) as above:
            entry = above.look(parts[-1]) if parts else None
    except StorageError:
        return False
    return not parts or (entry is not None and entry.kind in ("file", "folder"))


def _row(name: str, entry: Entry) -> Row:
    return {
        "type": FILE if entry.kind == "file" else FOLDER,
        "filename": name,
        "size": entry.size if entry.kind == "file" else UNMEASURED,
        "modified": utc_text(min(max(entry.modified_ns // 1_000_000_000, 0), END)),
    }
