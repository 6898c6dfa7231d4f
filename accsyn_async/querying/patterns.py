"""Wildcards and regular expressions that no text and no pattern can hold up.

Python's own matcher tries one way after the other, which for ``(a+)+$`` takes time exponential in the text's
length. The one here follows all ways at once, so that it reads each character once; what it has worked out
for a state and a character it remembers. It tells whether a pattern occurs, not where. For that it reads what
Python reads, except what needs trying: references to groups, possessive repeats, looking behind, and looking
ahead for more than one character.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

# Python's own reader is the only one that reads all of Python's notation; it has no public name.
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]  # isort: skip

__all__ = ["Expression", "PatternError", "quoted_expression", "wildcard"]

MAX_PATTERN: Final = 1000
MAX_NODES: Final = 5000
MAX_WORK: Final = 300_000
MAX_REMEMBERED: Final = 20_000

_KINDS: Final = re.ASCII | re.UNICODE | re.LOCALE
_ONE_CHARACTER: Final = frozenset({_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY})
_REPEATS: Final = frozenset({_constants.MAX_REPEAT, _constants.MIN_REPEAT})
_AHEAD: Final = frozenset({_constants.ASSERT, _constants.ASSERT_NOT})

_QUOTED: Final = re.compile(
    r"""re\(\s*(['"])(?P<text>(?:(?!\1).)+)\1\s*(?:,\s*(['"])(?P<flag>[Ii])\3\s*)?\)""", re.DOTALL
)

Kernel = frozenset[int]


class PatternError(ValueError):
    """A pattern that cannot be used; the text says why."""


def wildcard(pattern: str) -> Callable[[str], bool]:
    """A test of whole texts in which each ``*`` stands for anything."""
    if "*" not in pattern:
        return pattern.__eq__
    first, *middle, last = pattern.split("*")

    def test(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if at > end or not (text.startswith(first) and text.endswith(last)):
            return False
        for part in middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return test


def quoted_expression(text: str) -> tuple[str, bool] | None:
    """What stands in ``re('…')`` and whether ``,'I'`` follows it; ``None`` for any other text.

    >>> quoted_expression("re('[0-9]', 'I')")
    ('[0-9]', True)
    """
    written = _QUOTED.fullmatch(text)
    return None if written is None else (written["text"], written["flag"] is not None)


@dataclass(slots=True)
class _Node:
    """``test`` takes a character, ``holds`` a place between two; a node with neither leads on at once."""

    after: Sequence[int]
    test: Callable[[str], object] | None = None
    holds: Callable[[_Place], bool] | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """What stands around a place in a text; ``None`` is its beginning or end."""

    before: str | None
    behind: str | None
    last: bool


class Expression:
    """A regular expression.

    Args:
        pattern: as Python writes them.
        ignore_case: whether ``a`` is ``A``.
        fills: whether it must fill a text, alone or repeated, rather than occur in it.

    Raises:
        PatternError: it is none, too long, repeats too much, or needs what the module's text names.
    """

    def __init__(self, pattern: str, *, ignore_case: bool = True, fills: bool = False) -> None:
        if len(pattern) > MAX_PATTERN:
            raise PatternError(f"a pattern of more than {MAX_PATTERN} characters")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                re.compile(pattern)
                tree = _parser.parse(pattern, re.IGNORECASE if ignore_case else 0)
            builder = _Builder()
            items = _filling(tree) if fills else tree
            start = builder.sequence(items, builder.match, tree.state.flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(f"not a regular expression: {error}") from None
        self._nodes = builder.nodes
        self._match = builder.match
        self._start = frozenset({start})
        self._known: dict[tuple[Kernel, int, str | None, bool], Kernel | None] = {}
        self._work = MAX_WORK

    def search(self, text: str) -> bool:
        """Whether it occurs in a text, or fills it.

        Raises:
            PatternError: this and the texts before have taken too much work.
        """
        kernel, kind, before = self._start, 0, None
        known = self._known
        final = len(text) - 1
        for at, character in enumerate(text):
            last = at == final and character == "\n"
            key = (kernel, kind, character, last)
            following = known[key] if key in known else self._remember(key, _Place(before, character, last))
            if following is None:
                return True
            kernel, kind, before = following, _kind(character), character
        end = (kernel, kind, None, True)
        following = known[end] if end in known else self._remember(end, _Place(before, None, True))
        return following is None

    def _remember(self, key: tuple[Kernel, int, str | None, bool], place: _Place) -> Kernel | None:
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        following = self._known[key] = self._step(key[0], place)
        return following

    def _step(self, kernel: Kernel, place: _Place) -> Kernel | None:
        """Where a character leads from some nodes; ``None`` when the pattern has occurred."""
        seen = set(kernel)
        left = list(kernel)
        following = set(self._start)
        while left:
            at = left.pop()
            if at == self._match:
                return None
            node = self._nodes[at]
            if node.test is not None:
                if place.behind is not None and node.test(place.behind):
                    following.update(node.after)
            elif node.holds is None or node.holds(place):
                fresh = [one for one in node.after if one not in seen]
                seen.update(fresh)
                left.extend(fresh)
                self._work -= len(node.after)
        self._work -= len(seen)
        if self._work < 0:
            raise PatternError("the pattern takes too long; write a simpler one")
        return frozenset(following)


class _Builder:
    """Turns what Python's reader has read into nodes, from the end to the beginning."""

    def __init__(self) -> None:
        self.nodes: list[_Node] = [_Node(())]
        self.match = 0
        self._steps = 0
        self._tests: dict[tuple[str, int], Callable[[str], object]] = {}

    def sequence(self, items: Iterable[tuple[Any, Any]], then: int, flags: int) -> int:
        """Add what matches one after the other and leads on to a node; the node that begins it."""
        for operation, value in reversed(list(items)):
            then = self._item(operation, value, then, flags)
        return then

    def _item(self, operation: Any, value: Any, then: int, flags: int) -> int:
        if operation in _ONE_CHARACTER:
            return self._add(_Node((then,), test=self._test(operation, value, flags)))
        if operation is _constants.AT:
            return self._add(_Node((then,), holds=_assertion(value, flags)))
        if operation is _constants.BRANCH:
            return self._add(_Node([self.sequence(one, then, flags) for one in value[1]]))
        if operation is _constants.SUBPATTERN:
            _, added, removed, items = value
            if added & _KINDS:
                flags &= ~_KINDS
            return self.sequence(items, then, (flags | added) & ~removed)
        if operation in _REPEATS:
            least, most, items = value
            return self._repeat(least, most, items, then, flags)
        if operation in _AHEAD and value[0] == 1 and len(value[1]) == 1 and value[1][0][0] in _ONE_CHARACTER:
            ((one, of),) = value[1]
            test = self._test(one, of, flags)
            wanted = operation is _constants.ASSERT
            return self._add(_Node((then,), holds=lambda place: _leads_to(place, test) is wanted))
        name = str(operation).casefold().replace("_", " ")
        raise PatternError(f"a pattern must do without {name}, which this sandbox does not follow")

    def _repeat(self, least: int, most: Any, items: Any, then: int, flags: int) -> int:
        if most is _constants.MAXREPEAT:
            loop = self._add(_Node(()))
            self.nodes[loop].after = (self.sequence(items, loop, flags), then)
            at = loop
        else:
            at = then
            for _ in range(most - least):
                at = self._add(_Node((self.sequence(items, at, flags), then)))
        for _ in range(least):
            self._count()
            at = self.sequence(items, at, flags)
        return at

    def _add(self, node: _Node) -> int:
        self._count()
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _count(self) -> None:
        self._steps += 1
        if self._steps > MAX_NODES:
            raise PatternError("the pattern repeats too much; write a simpler one")

    def _test(self, operation: Any, value: Any, flags: int) -> Callable[[str], object]:
        key = (f"{operation}{value!r}", flags)
        test = self._tests.get(key)
        if test is None:
            state = _parser.State()
            state.flags = flags
            pattern = _compiler.compile(_parser.SubPattern(state, [(operation, value)]), flags)
            test = self._tests[key] = pattern.match
        return test


def _filling(tree: Any) -> list[tuple[Any, Any]]:
    return [
        (_constants.AT, _constants.AT_BEGINNING_STRING),
        (_constants.MAX_REPEAT, (1, _constants.MAXREPEAT, tree)),
        (_constants.AT, _constants.AT_END_STRING),
    ]


def _assertion(code: Any, flags: int) -> Callable[[_Place], bool]:
    lines = flags & re.MULTILINE
    word = _ascii_word if flags & re.ASCII else _word
    if code is _constants.AT_BEGINNING and lines:
        return lambda place: place.before in (None, "\n")
    if code in (_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING):
        return lambda place: place.before is None
    if code is _constants.AT_END and lines:
        return lambda place: place.behind in (None, "\n")
    if code is _constants.AT_END:
        return lambda place: place.behind is None or (place.last and place.behind == "\n")
    if code is _constants.AT_END_STRING:
        return lambda place: place.behind is None
    if code is _constants.AT_BOUNDARY:
        return lambda place: word(place.before) is not word(place.behind)
    return lambda place: word(place.before) is word(place.behind)


def _leads_to(place: _Place, test: Callable[[str], object]) -> bool:
    return place.behind is not None and bool(test(place.behind))


def _word(character: str | None) -> bool:
    return character is not None and (character.isalnum() or character == "_")


def _ascii_word(character: str | None) -> bool:
    return _word(character) and character is not None and character.isascii()


def _kind(character: str) -> int:
    """All that an assertion asks of the character before it."""
    if character == "\n":
        return 1
    if not _word(character):
        return 2
    return 3 if character.isascii() else 4
