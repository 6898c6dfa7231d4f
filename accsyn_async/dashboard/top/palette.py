"""The colours of the terminal screen. None tells anything that a word or sign does not tell, too."""

from __future__ import annotations

from rich.style import Style

__all__ = ["BACKGROUND", "CURSOR", "LINE", "MUTED", "PANEL", "PRIMARY", "TEXT", "WARNING", "state_style"]

BACKGROUND = "#10141b"
PANEL = "#1a202b"
LINE = "#364154"
TEXT = "#dce3ee"
MUTED = "#8a96a9"
PRIMARY = "#5cc8ff"
WARNING = "#ffb454"
CURSOR = "#27364d"
_STATES = {
    "running": Style(color="#5cc8ff"),
    "stalled": Style(color="#ffb454"),
    "failed": Style(color="#ff6b7a", bold=True),
    "aborted": Style(color="#e0707c"),
    "removed": Style(color="#b97a83"),
    "paused": Style(color="#c9a0ff"),
    "done": Style(color="#7ddc96"),
    "recovered": Style(color="#7ddc96"),
    "degraded": Style(color="#ffb454", bold=True),
    "refused": Style(color="#ff6b7a", bold=True),
    "unknown": Style(color="#ffb454", bold=True),
    "overdue": Style(color="#ffb454", bold=True),
    "revived": Style(color="#5cc8ff"),
    "executing": Style(color="#5cc8ff"),
    "booting": Style(color="#5cc8ff"),
    "asked": Style(color="#c9a0ff"),
    "answered": Style(color="#c9a0ff"),
    "new": Style(color=TEXT),
}
_OTHER = Style(color=MUTED)


def state_style(word: str) -> Style:
    """How a state is written."""
    return _STATES.get(word, _OTHER)
