"""The characters and colours that states are drawn with: a sign for each, so that no colour tells alone."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ASCII", "UNICODE", "Signs"]


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters that a frame is drawn with.

    Attributes:
        full: of the bar's part that is done.
        half: at the bar's tip.
        rest: of the bar's part that is not.
        states: a sign for each state.
    """

    full: str
    half: str
    rest: str
    states: dict[str, str]


_WORDS = (
    *("running", "stalled", "failed", "aborted", "removed", "done"),
    *("paused", "waiting", "init", "pending"),
)
UNICODE = Signs("━", "╸", "─", dict(zip(_WORDS, "▸!✗✗✗✓‖··?", strict=True)))
ASCII = Signs("#", "#", "-", dict(zip(_WORDS, ">!xxx+=..?", strict=True)))
