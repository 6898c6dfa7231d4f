"""Removes folders however deep they are, without recursion and without long paths."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["remove"]


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; of a link the link itself.

    What lies deeper is moved up before it is removed. What cannot be removed is left.
    """
    left = [path]
    while left:
        one = left.pop()
        with suppress(OSError):
            if one.is_symlink() or not one.is_dir():
                one.unlink(missing_ok=True)
                continue
            one.chmod(0o700)
            left += _emptied(one, path.parent)
            one.rmdir()


def _emptied(folder: Path, above: Path) -> list[Path]:
    """Empty a folder, and give where the folders in it are now."""
    moved = []
    with os.scandir(folder) as entries:
        for entry in list(entries):
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    goal = above / f".accsyn-{secrets.token_hex(8)}"
                    os.rename(entry.path, goal)
                    moved.append(goal)
                else:
                    os.unlink(entry.path)
    return moved
