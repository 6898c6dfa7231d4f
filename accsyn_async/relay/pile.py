"""Sets of texts that are kept in pages, so that keeping a change costs no more than what changed. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

import msgspec

__all__ = ["Kept", "Page", "Pile"]

_CHANGES: Final = 256
"""Changes that are kept beside the pages, before pages are written."""
_TEXTS: Final = 1_000
"""Texts in a page at most."""
_RENEWED: Final = dt.timedelta(days=1)
"""How old pages may be: what nobody writes anew is forgotten some day."""


class Page(msgspec.Struct, frozen=True):
    """Texts that are kept by themselves, and never change.

    Attributes:
        name: as what.
        at: when it was written, UTC.
    """

    name: str
    at: dt.datetime


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a pile.

    Attributes:
        pages: most of it.
        more: what is in it beside.
        less: what is on the pages, and in it no more.
    """

    pages: list[Page] = []
    more: list[str] = []
    less: list[str] = []


class Pile:
    """A set of texts.

    Args:
        kept: what was kept; ``None`` for nothing.
        texts: what is on its pages, by their names; a page that is none of them is lost.
        lasts: how long a page lasts, of a set in which nothing is given up before; ``None``
            where pages are written anew instead.

    >>> pile = Pile(Kept(more=["a", "b"]))
    >>> pile.add("c"), sorted(pile), "b" in pile
    (None, ['a', 'b', 'c'], True)
    """

    def __init__(
        self,
        kept: Kept | None = None,
        texts: Mapping[str, Sequence[str]] | None = None,
        *,
        lasts: dt.timedelta | None = None,
    ) -> None:
        kept, texts = kept or Kept(), texts or {}
        self._lasts = lasts
        self._pages = {page: tuple(texts[page.name]) for page in kept.pages if page.name in texts}
        self._more = dict.fromkeys(kept.more)
        self._less = dict.fromkeys(kept.less)
        self._texts = set(chain.from_iterable(self._pages.values())).difference(kept.less).union(kept.more)

    def __contains__(self, text: object) -> bool:
        return text in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, value: str) -> None:
        """Put a text in."""
        if value in self._texts:
            return
        self._texts.add(value)
        if value in self._less:
            del self._less[value]
        else:
            self._more[value] = None

    def discard(self, value: str) -> None:
        """Take a text out, if it is in."""
        if value not in self._texts:
            return
        self._texts.discard(value)
        if value in self._more:
            del self._more[value]
        else:
            self._less[value] = None

    def due(self, now: dt.datetime) -> list[list[str]] | None:
        """The texts of pages that are to be written; ``None`` when none are.

        Args:
            now: the time, UTC.
        """
        if self._lasts is not None:
            for page in [page for page in self._pages if now - page.at > self._lasts]:
                self._texts.difference_update(self._pages.pop(page))
            return _pages(self._more) if len(self._more) >= _CHANGES else None
        if len(self._more) + len(self._less) < _CHANGES and all(
            now - page.at < _RENEWED for page in self._pages
        ):
            return None
        return _pages(sorted(self._texts))

    def written(self, names: Sequence[str], texts: Sequence[Sequence[str]], now: dt.datetime) -> None:
        """Pages that were due are written; what has changed meanwhile is none of them.

        Args:
            names: theirs.
            texts: what ``due`` said.
            now: the time, UTC.
        """
        pages = {Page(name, now): tuple(each) for name, each in zip(names, texts, strict=True)}
        on_them = set(chain.from_iterable(texts))
        if self._lasts is not None:
            self._pages |= pages
            self._more = {text: None for text in self._more if text not in on_them}
            return
        self._pages = pages
        self._more = dict.fromkeys(sorted(self._texts - on_them))
        self._less = dict.fromkeys(sorted(on_them - self._texts))

    def lose_pages(self) -> None:
        """The pages are no more where they were kept; what was on them is known still."""
        self._pages, self._less = {}, {}
        self._more = dict.fromkeys(sorted(self._texts))

    def kept(self) -> Kept:
        """What is to be kept of it now."""
        return Kept(list(self._pages), sorted(self._more), sorted(self._less))


def _pages(texts: Iterable[str]) -> list[list[str]]:
    several = list(texts)
    return [several[start : start + _TEXTS] for start in range(0, len(several), _TEXTS)]
