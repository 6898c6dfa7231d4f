"""How help pages are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyclopts.help import HelpPanel
    from rich.console import Console, ConsoleOptions

__all__ = ["flowing"]


def flowing(console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
    """Print a panel of a help page, in which text flows, however its lines were broken in the source."""
    # Imported late: only who asks for help needs it.
    from cyclopts.help import DefaultFormatter
    from rich.text import Text

    for entry in panel.entries:
        text = getattr(entry.description, "primary_renderable", None)
        if isinstance(text, Text):
            text.plain = " ".join(text.plain.split())
    DefaultFormatter()(console, options, panel)
