"""What open pages are sent: all there is, and then what changed, each change encoded once.

A page is a cursor: the number of the last message that it got. Who is one behind gets the
newest message, the same bytes as everybody; who is further behind gets what changed since, in
one message; who is too far behind, or new, gets everything. So a page that cannot keep up
costs nothing that grows.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from accsyn_async.board.board import Board
from accsyn_async.dashboard.web.rows import job_row

__all__ = ["Feed", "News"]

_PART: Final = 1000
"""Rows in one message, so that no page is busy with one for long."""
_SAMPLES: Final = 60
_SLACK: Final = 2.0
"""Seconds by which the time left that a page shows may be wrong."""
_SHARE: Final = 0.05
"""The same as a share of it."""
_GONE: Final = 2000
"""Departures that are remembered."""


class News(msgspec.Struct, frozen=True):
    """What a page is sent next.

    Attributes:
        messages: server-sent events, as bytes.
        cursor: where the page is after them.
    """

    messages: list[bytes]
    cursor: int


class Feed:
    """The messages about one board.

    Args:
        board: the jobs.
        epoch: sets the numbers of this feed apart from those before a restart; ``None`` for a new one.
    """

    def __init__(self, board: Board, epoch: str | None = None) -> None:
        self._board = board
        self._epoch = epoch or secrets.token_hex(6)
        self._number = 0
        self._dirty: dict[str, None] = {}
        # What pages were told, and in which message last: the newest at the end.
        self._told: dict[str, dict[str, Any]] = {}
        self._versions: dict[str, int] = {}
        # The time left that pages count down from, and since when.
        self._left: dict[str, tuple[int, float]] = {}
        self._gone: deque[tuple[int, str]] = deque()
        self._forgotten = 0
        self._leaving: list[str] = []
        self._trails: dict[str, deque[float]] = {}
        self._newest = b""
        self._merged: dict[int, bytes] = {}
        self._whole: list[bytes] = []
        self._health = b""
        self._state: dict[str, Any] = {}
        self._wake = asyncio.Event()

    @property
    def number(self) -> int:
        """Of the newest message."""
        return self._number

    @property
    def health(self) -> bytes:
        """The newest message about how the backend is; the same object until there is another."""
        return self._health

    @property
    def has_news(self) -> bool:
        """Whether something changed since the newest message."""
        return bool(self._dirty or self._leaving)

    def touch(self, ident: str) -> None:
        """A job changed."""
        self._dirty[ident] = None

    def drop(self, ident: str) -> None:
        """A job is not shown any longer."""
        self._dirty.pop(ident, None)
        self._trails.pop(ident, None)
        self._left.pop(ident, None)
        if self._told.pop(ident, None) is not None:
            self._leaving.append(ident)
            del self._versions[ident]

    def sample(self) -> None:
        """Take note of the speeds of now, for the lines that show those of the last minutes."""
        # They also hold the time left, of when they were made.
        self._whole.clear()
        self._merged.clear()
        for entry in self._board.entries():
            if entry.running:
                trail = self._trails.get(entry.job.id)
                if trail is None:
                    trail = self._trails[entry.job.id] = deque(maxlen=_SAMPLES)
                trail.append(round(entry.job.speed or 0.0, 2))

    def publish(self, now: float, wall: float) -> None:
        """Make a message of what changed since the last one; nothing, where nothing did.

        Args:
            now: of the board's clock.
            wall: seconds since 1970.
        """
        if not self.has_news:
            return
        number = self._number + 1
        changes = []
        for ident in self._dirty:
            entry = self._board.get(ident)
            if entry is None:
                continue
            row, told = job_row(entry, now), self._told.get(ident)
            self._steady(row, told, now)
            if told is None:
                changes.append(self._with_trail(row))
            elif row != told:
                changes.append({"id": ident} | {k: v for k, v in row.items() if v != told[k]})
            else:
                continue
            self._told[ident] = row
            self._versions.pop(ident, None)
            self._versions[ident] = number
        self._dirty.clear()
        if not changes and not self._leaving:
            return
        self._newest = self._changes(number, changes, self._leaving, wall)
        for ident in self._leaving:
            self._gone.append((number, ident))
        self._leaving = []
        while len(self._gone) > _GONE:
            self._forgotten = self._gone.popleft()[0]
        self._number = number
        self._merged.clear()
        self._whole.clear()
        self.wake()

    def tell_health(self, health: dict[str, Any]) -> None:
        """Tell pages how the backend is; those that are sent everything are told the same."""
        self._state = health
        self._health = b"event: health\ndata: " + msgspec.json.encode(health) + b"\n\n"
        self.wake()

    def wake(self) -> None:
        """Let whoever waits for something new look."""
        self._wake.set()
        self._wake = asyncio.Event()

    async def wait(self) -> None:
        """Wait until there is something new."""
        await self._wake.wait()

    def cursor_of(self, event_id: str | None) -> int | None:
        """Where a page is that got this event last; ``None`` when it has to begin anew."""
        epoch, _, number = (event_id or "").partition(".")
        if epoch != self._epoch or not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        cursor = int(number)
        return cursor if self._forgotten <= cursor <= self._number else None

    def news(self, cursor: int | None, now: float, wall: float) -> News:
        """What to send to a page.

        Args:
            cursor: where it is; ``None`` for one that knows nothing.
            now: of the board's clock.
            wall: seconds since 1970.
        """
        if cursor is None or not self._forgotten <= cursor <= self._number:
            return News(self._everything(now, wall), self._number)
        if cursor == self._number:
            return News([], cursor)
        if cursor == self._number - 1:
            return News([self._newest], self._number)
        if cursor not in self._merged:
            self._merged[cursor] = self._since(cursor, now, wall)
        return News([self._merged[cursor]], self._number)

    def _steady(self, row: dict[str, Any], told: dict[str, Any] | None, now: float) -> None:
        """Leave the time left as it was told, where it has merely run down: pages count by themselves."""
        ident, left = row["id"], row["eta_s"]
        known = self._left.get(ident)
        if told is not None and left is not None and known is not None:
            expected = known[0] - (now - known[1])
            if abs(left - expected) <= max(_SLACK, expected * _SHARE):
                row["eta_s"] = told["eta_s"]
                return
        if left is None:
            self._left.pop(ident, None)
        else:
            self._left[ident] = left, now

    def _since(self, cursor: int, now: float, wall: float) -> bytes:
        changed = []
        for ident in reversed(self._versions):
            if self._versions[ident] <= cursor:
                break
            changed.append(self._with_trail(self._fresh(ident, self._told[ident], now)))
        changed.reverse()
        gone = [ident for number, ident in self._gone if number > cursor and ident not in self._told]
        return self._changes(self._number, changed, gone, wall)

    def _everything(self, now: float, wall: float) -> list[bytes]:
        if not self._whole:
            # As told, not as known: what changed since is told to everybody in the next message.
            rows = [self._with_trail(self._fresh(ident, row, now)) for ident, row in self._told.items()]
            parts = max(1, -(-len(rows) // _PART))
            for part in range(parts):
                data = {
                    "part": part,
                    "parts": parts,
                    "rows": rows[part * _PART : (part + 1) * _PART],
                    "health": self._state,
                    "now": wall,
                }
                number = self._number if part == parts - 1 else None
                self._whole.append(self._message("snapshot", data, number))
        return list(self._whole)

    def _fresh(self, ident: str, row: dict[str, Any], now: float) -> dict[str, Any]:
        """A row with the time left as of now, which nobody is told of while it merely runs down."""
        entry = self._board.get(ident)
        if entry is None or row["eta_s"] is None:
            return row
        left = entry.left.seconds(now)
        return row | {"eta_s": None if left is None else round(left)}

    def _with_trail(self, row: dict[str, Any]) -> dict[str, Any]:
        trail = self._trails.get(row["id"])
        return row | {"spark": list(trail)} if trail else row

    def _changes(self, number: int, rows: Iterable[dict[str, Any]], gone: list[str], wall: float) -> bytes:
        return self._message("changes", {"rows": rows, "gone": gone, "now": wall}, number)

    def _message(self, event: str, data: dict[str, Any], number: int | None) -> bytes:
        ident = "" if number is None else f"id: {self._epoch}.{number}\n"
        return f"{ident}event: {event}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"
