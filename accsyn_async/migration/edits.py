"""Changes to a program's text that leave all else as it is."""

from __future__ import annotations

import io
import tokenize

from accsyn_async.migration.places import Places

__all__ = ["Edits"]

_STRINGS = frozenset({"STRING", "FSTRING_MIDDLE", "TSTRING_MIDDLE"})
_LINES, _INDENT = -2, -1
"""What comes first of changes at one place: whole lines, the indentation, then the others."""


class Edits:
    """Changes that are gathered first, and made at once.

    Args:
        places: the program.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._changes: list[tuple[int, int, int, str]] = []
        self._depth: dict[int, int] = {}
        self.newline = "\r\n" if "\r\n" in places.text else "\n"

    def insert(self, offset: int, text: str) -> None:
        """Put a text at a place; behind what was put there before."""
        self.replace(offset, offset, text)

    def insert_lines(self, line: int, text: str) -> None:
        """Put lines before a line, however far that is moved in."""
        at = self._places.line_start(line)
        self._changes.append((at, at, _LINES, text.replace("\n", self.newline)))

    def replace(self, start: int, end: int, text: str) -> None:
        """Put a text in the place of another."""
        self._changes.append((start, end, len(self._changes), text.replace("\n", self.newline)))

    def indent(self, first: int, last: int) -> None:
        """Move lines in by a step, but for those that begin within a text.

        Args:
            first: the first line, from 1.
            last: the last line.
        """
        for line in range(first, last + 1):
            self._depth[line] = self._depth.get(line, 0) + 1

    @property
    def made(self) -> bool:
        """Whether there is any change."""
        return bool(self._changes or self._depth)

    def applied(self) -> str:
        """The program with all changes."""
        unit = "\t" if any(line.startswith("\t") for line in self._places.lines) else "    "
        within = self._within_texts()
        steps = [
            (self._places.line_start(line), self._places.line_start(line), _INDENT, unit * depth)
            for line, depth in self._depth.items()
            if line not in within and self._places.lines[line - 1].strip()
        ]
        text, parts, at = self._places.text, [], 0
        for start, end, _, new in sorted([*self._changes, *steps]):
            parts += [text[at:start], new]
            at = max(at, end)
        return "".join([*parts, text[at:]])

    def _within_texts(self) -> set[int]:
        """The lines that begin within a text of several lines."""
        found: set[int] = set()
        opened: list[int] = []
        text = "".join(f"{line}\n" for line in self._places.lines)
        for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
            name = tokenize.tok_name[token.type]
            if name in _STRINGS:
                found.update(range(token.start[0] + 1, token.end[0] + 1))
            elif name.endswith("STRING_START"):
                opened.append(token.start[0])
            elif name.endswith("STRING_END"):
                found.update(range(opened.pop() + 1, token.end[0] + 1))
        return found
