"""How the terminal screen looks, where its parts do not say so themselves."""

from __future__ import annotations

from accsyn_async.dashboard.top import palette

__all__ = ["LOW", "LOW_BELOW", "STYLE"]

LOW = "-low"
"""What screens are called that have fewer lines than ``LOW_BELOW``."""
LOW_BELOW = 20
"""Lines of a terminal from which there is room for a log, and for more than one line of an answer."""

STYLE = f"""
Screen {{ background: {palette.BACKGROUND}; color: {palette.TEXT}; layout: vertical; }}
LineView {{
    background: {palette.BACKGROUND}; color: {palette.TEXT};
    scrollbar-color: {palette.LINE}; scrollbar-background: {palette.BACKGROUND};
    scrollbar-color-hover: {palette.MUTED}; scrollbar-background-hover: {palette.BACKGROUND};
    scrollbar-color-active: {palette.PRIMARY}; scrollbar-background-active: {palette.BACKGROUND};
}}
.{LOW} ToastRack {{ margin: 0 0 1 0; }}
.{LOW} Toast {{
    width: 1fr; max-width: 100%; height: 1; padding: 0 1; margin: 0;
    text-wrap: nowrap; text-overflow: ellipsis;
}}
ModalScreen {{ background: {palette.BACKGROUND} 65%; }}
"""
