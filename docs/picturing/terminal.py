"""A terminal, as far as the programs write to it that are recorded: what is on it after what they wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby

__all__ = ["PLAIN", "Run", "Style", "Terminal"]

_COLOURS = dict(enumerate(("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")))
_PIECES = re.compile(r"\x1b\[(\?)?([\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell is drawn.

    Attributes:
        colour: of the terminal's palette; empty for the usual one.
        bold: whether it is.
        dim: whether it is.
        reverse: whether foreground and background change places.
    """

    colour: str = ""
    bold: bool = False
    dim: bool = False
    reverse: bool = False


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Run:
    """Cells side by side that look alike.

    Attributes:
        column: where it begins, from 0.
        text: what it says; no blanks around it.
        style: how.
    """

    column: int
    text: str
    style: Style


class Terminal:
    """Reads what a program writes, and says what is seen then.

    Args:
        columns: cells a line.
        rows: lines. What would scroll is refused: a recording shows all that was written.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self._columns = columns
        self._cells = [[(" ", PLAIN)] * columns for _ in range(rows)]
        self._row = self._column = 0
        self._style = PLAIN
        self._rest = ""

    def write(self, text: str) -> None:
        """Take in what a program writes; it may end within a sequence.

        Raises:
            ValueError: it is nothing that this terminal knows, or does not fit.
        """
        text = self._rest + text
        cut = re.search(r"\x1b(\[[\d;?]*)?$", text)
        self._rest = text[cut.start() :] if cut else ""
        for private, numbers, letter, move, shown, odd in _PIECES.findall(text.removesuffix(self._rest)):
            if odd:
                raise ValueError(f"not a sequence of this terminal: {odd!r}")
            if move:
                self._move(move)
            elif letter:
                self._obey(private + letter, [int(each or 0) for each in numbers.split(";")])
            else:
                self._show(shown)

    def lines(self) -> list[str]:
        """What is on it, line by line, without the blanks behind."""
        return ["".join(char for char, _ in line).rstrip() for line in self._cells]

    def runs(self) -> list[tuple[Run, ...]]:
        """What is on it, line by line, in parts of one style; wide gaps part as well."""
        return [_runs(line) for line in self._cells]

    def _move(self, char: str) -> None:
        if char == "\r":
            self._column = 0
            return
        self._row += 1
        if self._row == len(self._cells):
            raise ValueError(f"more than {self._row} lines: they would scroll")

    def _show(self, text: str) -> None:
        for char in text:
            if self._column == self._columns:
                raise ValueError(f"a line is longer than {self._columns} cells: {text!r}")
            self._cells[self._row][self._column] = (char, self._style)
            self._column += 1

    def _obey(self, what: str, numbers: list[int]) -> None:
        match what, numbers:
            case "A", [count]:
                self._row = max(0, self._row - max(1, count))
            case "K", [2]:
                self._cells[self._row] = [(" ", PLAIN)] * self._columns
            case "K", [0]:
                blank = [(" ", PLAIN)] * (self._columns - self._column)
                self._cells[self._row][self._column :] = blank
            case (("?l" | "?h"), [25]):
                pass  # the cursor goes and comes
            case "m", _:
                for number in numbers:
                    self._style = _styled(self._style, number)
            case _:
                raise ValueError(f"not a sequence of this terminal: {what} {numbers}")


def _styled(style: Style, number: int) -> Style:
    match number:
        case 0:
            return PLAIN
        case 1:
            return replace(style, bold=True)
        case 2:
            return replace(style, dim=True)
        case 7:
            return replace(style, reverse=True)
        case 39:
            return replace(style, colour="")
        case _ if number - 30 in _COLOURS:
            return replace(style, colour=_COLOURS[number - 30])
    raise ValueError(f"not a style of this terminal: {number}")


def _runs(line: list[tuple[str, Style]]) -> tuple[Run, ...]:
    found = []
    column = 0
    for style, group in groupby(line, key=lambda cell: cell[1]):
        text = "".join(char for char, _ in group)
        # A gap of one blank is part of a text; a wider one divides columns.
        for part in re.finditer(r"\S+(?: \S+)*", text):
            found.append(Run(column + part.start(), part[0], style))
        column += len(text)
    return tuple(found)
