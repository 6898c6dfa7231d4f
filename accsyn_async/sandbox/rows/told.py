"""Tells users of a place by what they call it, never by where it lies on this machine."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Tell", "plainly", "telling"]

Tell = Callable[[tuple[str, ...]], str]
"""Tells of the names from a root."""


def plainly(names: tuple[str, ...]) -> str:
    """Tell the names alone."""
    return "/".join(names) or "the folder"


def telling(written: str, parts: tuple[str, ...]) -> Tell:
    r"""Tells of the places around one by how that one was written.

    >>> tell = telling("home=lisa@example.com/show/a.mov", ("home", "lisa@example.com", "show", "a.mov"))
    >>> tell(("home", "lisa@example.com", "show", "b.mov"))
    'home=lisa@example.com/show/b.mov'
    >>> telling("C:\\work", ("C", "work"))(("C", "work", "a.mov"))
    'C:\\work/a.mov'

    Args:
        written: how.
        parts: the names from the root to it.
    """

    def tell(names: tuple[str, ...]) -> str:
        common = 0
        for one, other in zip(parts, names, strict=False):
            if one != other:
                break
            common += 1
        text = written.rstrip("/\\")
        for _ in parts[common:]:
            at = max(text.rfind("/"), text.rfind("\\"))
            if at <= 0:
                break
            text = text[:at]
        return "/".join((text, *names[common:]))

    return tell
