"""Makes, moves and deletes files and folders beneath a folder."""

from __future__ import annotations

from pathlib import Path

from accsyn_async.sandbox.files.listing import Allowance
from accsyn_async.sandbox.files.storage import MAX_DEPTH, Folder, StorageError, check_depth, opened
from accsyn_async.sandbox.rows.told import Tell, plainly

__all__ = ["NotEmptyError", "delete", "make_folder", "move"]


class NotEmptyError(StorageError):
    """A folder that is to be deleted and holds something."""


def make_folder(root: Path, parts: tuple[str, ...], tell: Tell = plainly) -> None:
    """Make a folder in one that exists.

    Args:
        root: the folder that must not be left.
        parts: the names from it.
        tell: tells of it, for error texts.

    Raises:
        StorageError: the folder above is missing or a link, or something stands there.
    """
    check_depth(parts)
    with opened(root, parts[:-1], tell=tell) as above:
        above.add(parts[-1])


def move(
    root: Path,
    parts: tuple[str, ...],
    root_to: Path,
    parts_to: tuple[str, ...],
    *,
    make: bool = False,
    tell: Tell = plainly,
    tell_to: Tell = plainly,
) -> None:
    """Move a file or folder to a path at which nothing stands.

    Args:
        root: the folder that must not be left.
        parts: the names from it.
        root_to: the same for where it goes.
        parts_to: the names there.
        make: whether to make the folders above that are missing.
        tell: tells of where it is, for error texts.
        tell_to: tells of where it goes.

    Raises:
        StorageError: it is missing, there is something, a link is on the way, or it would lie too deep.
    """
    check_depth(parts_to)
    with opened(root, parts[:-1], tell=tell) as above:
        found = above.look(parts[-1])
        if found is None:
            raise StorageError(f"{tell(parts)} does not exist")
        if found.kind == "folder" and len(parts_to) > len(parts):
            with above.child(parts[-1]) as folder:
                _check_height(folder, MAX_DEPTH - len(parts_to), Allowance())
        with opened(root_to, parts_to[:-1], make=make, tell=tell_to) as there:
            above.move(parts[-1], there, parts_to[-1])


def _check_height(folder: Folder, levels: int, allowance: Allowance) -> None:
    for name, entry in folder.entries():
        allowance.take(folder, name)
        if levels <= 0:
            raise StorageError(f"what is in it would be nested more than {MAX_DEPTH} deep")
        if entry.kind == "folder":
            with folder.child(name) as inner:
                _check_height(inner, levels - 1, allowance)


def delete(
    root: Path,
    parts: tuple[str, ...],
    allowance: Allowance,
    *,
    force: bool = False,
    tell: Tell = plainly,
) -> None:
    """Delete a file or folder; of a link the link itself.

    Args:
        root: the folder that must not be left.
        parts: the names from it.
        allowance: how much may be deleted.
        force: whether a folder may hold something, which goes with it.
        tell: tells of it, for error texts.

    Raises:
        NotEmptyError: it may not and does.
        StorageError: it is missing, a link is on the way, or it is too much.
    """
    name = parts[-1]
    with opened(root, parts[:-1], tell=tell) as above:
        entry = above.look(name)
        if entry is None:
            raise StorageError(f"{tell(parts)} does not exist")
        if entry.kind == "folder":
            with above.child(name) as folder:
                if force:
                    _empty(folder, allowance)
                elif next(folder.entries(), None) is not None:
                    raise NotEmptyError(name)
        above.remove(name)


def _empty(folder: Folder, allowance: Allowance) -> None:
    for name, entry in folder.entries():
        allowance.take(folder, name)
        if entry.kind == "folder":
            with folder.child(name) as inner:
                _empty(inner, allowance)
        folder.remove(name)
