"""Folders on disk that are left alone, because they are other people's homes. Knows no roles."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Closed", "is_inside", "key", "touches"]

Closed = frozenset[str]
"""Such folders, each by its `key`."""


def key(path: Path) -> str:
    """What tells folders apart: the path in any case, as some disks hold their names."""
    return str(path).casefold()


def is_inside(path: Path, closed: Closed) -> bool:
    """Whether a path is one of the folders, or lies in one."""
    if not closed:
        return False
    text = key(path)
    return any(text == one or text.startswith(one + os.sep) for one in closed)


def touches(path: Path, closed: Closed) -> bool:
    """Whether a path is one of the folders, lies in one, or leads to one."""
    return is_inside(path, closed) or any(one.startswith(key(path) + os.sep) for one in closed)
