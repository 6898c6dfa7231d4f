"""Makes, moves and deletes files and folders beneath a folder."""

from __future__ import annotations

from pathlib import Path

from accsyn_async.sandbox.listing import Allowance
from accsyn_async.sandbox.storage import Folder, StorageError, opened

__all__ = ["NotEmptyError", "delete", "make_folder", "move"]


class NotEmptyError(StorageError):
    """A folder that is to be deleted and holds something."""


def make_folder(root: Path, parts: tuple[str, ...]) -> None:
    """Make a folder in one that exists.

    Raises:
        StorageError: the folder above is missing or a link, or something stands there.
    """
    with opened(root, parts[:-1]) as above:
        above.add(parts[-1])


def move(
    root: Path, parts: tuple[str, ...], root_to: Path, parts_to: tuple[str, ...], *, make: bool = False
) -> None:
    """Move a file or folder to a path at which nothing stands.

    Args:
        root: the folder that must not be left.
        parts: the names from it.
        root_to: the same for where it goes.
        parts_to: the names there.
        make: whether to make the folders above that are missing.

    Raises:
        StorageError: it is missing, there is something, or a link is on the way.
    """
    with opened(root, parts[:-1]) as above:
        if above.look(parts[-1]) is None:
            raise StorageError(f"{root.joinpath(*parts)} does not exist")
        with opened(root_to, parts_to[:-1], make=make) as there:
            above.move(parts[-1], there, parts_to[-1])


def delete(root: Path, parts: tuple[str, ...], allowance: Allowance, *, force: bool = False) -> None:
    """Delete a file or folder; of a link the link itself.

    Args:
        root: the folder that must not be left.
        parts: the names from it.
        allowance: how much may be deleted.
        force: whether a folder may hold something, which goes with it.

    Raises:
        NotEmptyError: it may not and does.
        StorageError: it is missing, a link is on the way, or it is too much.
    """
    name = parts[-1]
    with opened(root, parts[:-1]) as above:
        entry = above.look(name)
        if entry is None:
            raise StorageError(f"{root.joinpath(*parts)} does not exist")
        if entry.kind == "folder":
            with above.child(name) as folder:
                if force:
                    _empty(folder, allowance, 1)
                elif next(folder.entries(), None) is not None:
                    raise NotEmptyError(name)
        above.remove(name)


def _empty(folder: Folder, allowance: Allowance, depth: int) -> None:
    for name, entry in folder.entries():
        allowance.take(depth)
        if entry.kind == "folder":
            with folder.child(name) as inner:
                _empty(inner, allowance, depth + 1)
        folder.remove(name)
