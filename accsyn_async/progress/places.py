"""Which jobs have a bar, when there is not room for all. Pure."""

from __future__ import annotations

from typing import NamedTuple

from accsyn_async.board.board import Entry

__all__ = ["Moves", "Places", "rank_of"]

_ENDED = 2


class Moves(NamedTuple):
    """What is to be done about bars.

    Attributes:
        gone: jobs whose bars are to be taken away.
        come: jobs that are to get one.
    """

    gone: list[str]
    come: list[str]


class Places:
    """Gives places to running jobs first, then to others that have not ended, then to the latest ends.

    Who has a place keeps it before others of the same rank, but for ends.

    >>> places = Places()
    >>> places.put("waits", 1, room=1), places.put("runs", 0, room=1)
    (Moves(gone=[], come=['waits']), Moves(gone=['waits'], come=['runs']))
    >>> places.more, places.put("runs", 2, room=1)
    (1, Moves(gone=['runs'], come=['waits']))
    """

    __slots__ = ("_hidden", "_ranks", "_shown")

    def __init__(self) -> None:
        self._ranks: dict[str, int] = {}
        self._shown: tuple[dict[str, None], ...] = ({}, {}, {})
        self._hidden: tuple[dict[str, None], ...] = ({}, {}, {})

    @property
    def more(self) -> int:
        """How many jobs that have not ended are without a place."""
        return sum(map(len, self._hidden[:_ENDED]))

    def shown(self) -> list[str]:
        """The jobs with a place, by rank."""
        return [ident for idents in self._shown for ident in idents]

    def put(self, ident: str, rank: int | None, room: int) -> Moves:
        """Note how a job is now.

        Args:
            ident: of the job.
            rank: its rank; ``None`` when it is to be forgotten.
            room: how many places there are.
        """
        moves = Moves([], [])
        for _ in range(-self._free(room)):
            self._hide(self._worst(), moves)
        before = self._ranks.get(ident)
        if rank != before:
            side = self._hidden
            if before is not None:
                side = self._shown if ident in self._shown[before] else self._hidden
                del side[before][ident], self._ranks[ident]
            if rank is not None:
                side[rank][ident] = None
                self._ranks[ident] = rank
            elif side is self._shown:
                _note(ident, moves.gone, moves.come)
            if rank == _ENDED and side is self._hidden:
                self._end(ident, room, moves)
        self._settle(room, moves)
        return moves

    def _end(self, ident: str, room: int, moves: Moves) -> None:
        """Give the latest end a place that is free, or that of the first."""
        ends = self._shown[_ENDED]
        if self._free(room) <= 0:
            if not ends:
                return
            self._hide(next(iter(ends)), moves)
        self._show(ident, moves)

    def _settle(self, room: int, moves: Moves) -> None:
        free = self._free(room)
        while (best := self._best()) is not None:
            if free <= 0:
                worst = self._worst() if room else best
                if self._ranks[worst] <= self._ranks[best]:
                    break
                self._hide(worst, moves)
            # An end that had to wait is older than those with a place.
            waited = dict(self._shown[_ENDED]) if self._ranks[best] == _ENDED else {}
            self._show(best, moves)
            for later in waited:
                self._shown[_ENDED][later] = self._shown[_ENDED].pop(later)
            free -= 1

    def _free(self, room: int) -> int:
        return room - sum(map(len, self._shown))

    def _best(self) -> str | None:
        """The first of those without a place."""
        for rank, idents in enumerate(self._hidden):
            if idents:
                return next(reversed(idents) if rank == _ENDED else iter(idents))
        return None

    def _worst(self) -> str:
        """The last of those with one."""
        rank = max(rank for rank, idents in enumerate(self._shown) if idents)
        idents = self._shown[rank]
        return next(iter(idents) if rank == _ENDED else reversed(idents))

    def _hide(self, ident: str, moves: Moves) -> None:
        rank = self._ranks[ident]
        del self._shown[rank][ident]
        self._hidden[rank][ident] = None
        _note(ident, moves.gone, moves.come)

    def _show(self, ident: str, moves: Moves) -> None:
        rank = self._ranks[ident]
        del self._hidden[rank][ident]
        self._shown[rank][ident] = None
        _note(ident, moves.come, moves.gone)


def _note(ident: str, these: list[str], others: list[str]) -> None:
    """Note a move, or that another is taken back."""
    if ident in others:
        others.remove(ident)
    else:
        these.append(ident)


def rank_of(entry: Entry) -> int | None:
    """A job's rank among those that may have a bar; ``None`` for one that was removed."""
    if entry.word == "removed":
        return None
    return 0 if entry.running else _ENDED if entry.ended else 1
