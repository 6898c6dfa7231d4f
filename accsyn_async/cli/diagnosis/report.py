"""Findings as lines for people and as a document for programs. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from accsyn_async.cli.diagnosis.finding import Finding, Mark
from accsyn_async.safe_text import safe

__all__ = ["document", "exit_code", "heading", "hide", "lines", "summary"]

Line = tuple[tuple[str, str], ...]
"""Texts and their styles, in rich's words."""

_SIGNS: dict[Mark, tuple[str, str, str]] = {
    "fine": ("✓", "+", "green"),
    "note": ("·", "-", "dim"),
    "warning": ("!", "!", "bold yellow"),
    "wrong": ("✗", "x", "bold red"),
}
_TITLES = {
    "settings": "Settings",
    "installed": "Installed",
    "backend": "Backend",
    "session": "Session",
    "files": "Files",
}
_STATUS: dict[Mark, str] = {"fine": "ok", "note": "note", "warning": "warning", "wrong": "error"}
_NAME = 16
_INDENT = 2 + 2 + _NAME
_LEAST = 24
"""Cells that a text has at least, however narrow the terminal is."""


def heading(topic: str) -> Line:
    """The line above the findings of a topic."""
    return ((_TITLES[topic], "bold"),)


def lines(finding: Finding, *, width: int | None = None, unicode: bool = True) -> list[Line]:
    """The lines of one finding.

    Args:
        finding: free of secrets.
        width: cells of the terminal; ``None`` for lines of any length.
        unicode: whether more than ASCII can be shown.

    >>> for line in lines(Finding("settings", "proxy", "warning", "not used", "unset ACCSYN_PROXY")):
    ...     print("".join(text for text, _ in line))
      ! proxy           not used
                        → unset ACCSYN_PROXY
    """
    sign, plain, style = _SIGNS[finding.mark]
    text_style = "" if finding.mark == "fine" else style.removeprefix("bold ")
    first, *rest = _wrapped(safe(finding.text), width)
    name = f" {safe(finding.name):<{_NAME}}"
    if len(name) > 1 + _NAME:
        name += " "
    found: list[Line] = [(("  ", ""), (sign if unicode else plain, style), (name, ""), (first, text_style))]
    found += [((" " * _INDENT, ""), (text, text_style)) for text in rest]
    if finding.remedy:
        arrow = "→ " if unicode else "> "
        for number, text in enumerate(_wrapped(safe(finding.remedy), width, len(arrow))):
            found.append(((" " * _INDENT, ""), ((arrow if number == 0 else "  ") + text, "")))
    return found


def summary(findings: Sequence[Finding], *, unicode: bool = True) -> Line:
    """The last line.

    >>> "".join(text for text, _ in summary([Finding("settings", "URL", "fine", "x")]))
    '✓ All is well.'
    """
    bad = [one for one in findings if one.mark == "wrong"]
    odd = [one for one in findings if one.mark == "warning"]
    mark: Mark = "wrong" if bad else "warning" if odd else "fine"
    sign, plain, style = _SIGNS[mark]
    parts = [f"To be put right: {_listed(bad)}."] * bool(bad)
    parts += [f"To be looked at: {_listed(odd)}."] * bool(odd)
    text = " ".join(parts) or "All is well."
    return ((sign if unicode else plain, style), (f" {safe(text)}", "bold"))


def exit_code(findings: Iterable[Finding]) -> int:
    """That of the first thing that is wrong: what comes after it may come of it."""
    return next((one.code for one in findings if one.mark == "wrong"), 0)


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "v": 1,
        "exit_code": exit_code(findings),
        "summary": "".join(text for text, _ in summary(findings)[1:]).strip(),
        "checks": [
            {
                "topic": one.topic,
                "name": one.name,
                "status": _STATUS[one.mark],
                "text": one.text,
                "remedy": one.remedy or None,
                **({"facts": dict(one.facts)} if one.facts else {}),
            }
            for one in findings
        ],
    }


def hide(finding: Finding, redact: Callable[[str], str]) -> Finding:
    """A finding with every secret taken out of its texts and facts."""
    return replace(
        finding,
        text=redact(finding.text),
        remedy=redact(finding.remedy),
        facts={name: _hidden(value, redact) for name, value in finding.facts.items()},
    )


def _hidden(value: object, redact: Callable[[str], str]) -> object:
    match value:
        case str():
            return redact(value)
        case list() | tuple():
            return [_hidden(one, redact) for one in value]
        case dict():
            return {name: _hidden(one, redact) for name, one in value.items()}
    return value


def _wrapped(text: str, width: int | None, more: int = 0) -> list[str]:
    if width is None:
        return [text]
    room = max(_LEAST, width - _INDENT - more)
    return textwrap.wrap(text, room, break_long_words=True, break_on_hyphens=False) or [""]


def _listed(findings: Sequence[Finding]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in findings))
