"""What is found in a program, for people and their editors, and for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len

from accsyn_async.migration.findings import Finding, Need, Report, named
from accsyn_async.safe_text import safe

__all__ = ["finding_parts", "finding_row", "report_lines", "summary"]

_STYLES = {"note": "bold cyan", "await": "bold green", "differs": "bold yellow", "gone": "bold red"}
_NEEDS: dict[Need, str] = {
    "await": "to await",
    "enter": "to enter",
    "iterate": "to iterate by async for",
    "pass": "handed on",
}

Line = tuple[tuple[str, str], ...]


def finding_parts(file: str, finding: Finding) -> Line:
    """A line as compilers write them, in parts with their styles.

    >>> print(*(text for text, _ in finding_parts("a.py", Finding(3, 5, "await", "find(…) …"))), sep="")
    a.py:3:5: await: find(…) …
    """
    return (
        (f"{safe(file)}:{finding.line}:{finding.column}:", "bold"),
        (" ", ""),
        (f"{finding.kind}:", _STYLES[finding.kind]),
        (f" {safe(finding.text)}", ""),
    )


def finding_row(file: str, finding: Finding) -> dict[str, Any]:
    """The same as an object."""
    return {
        "file": file,
        "line": finding.line,
        "column": finding.column,
        "kind": finding.kind,
        "text": finding.text,
    }


def report_lines(file: str, report: Report) -> Iterator[Line]:
    """Every finding; below those of a place, the line of the program and a mark under it."""
    findings = report.findings
    for position, finding in enumerate(findings):
        yield finding_parts(file, finding)
        following = findings[position + 1] if position + 1 < len(findings) else None
        if following is None or (following.line, following.column) != (finding.line, finding.column):
            line = report.lines[finding.line - 1]
            before = _shown(line[: finding.column - 1])
            yield ((f"    {_shown(line)}", ""),)
            yield ((" " * (4 + cell_len(before)), ""), ("^", "bold"))


def summary(file: str, report: Report) -> str:
    """What there is to do, in a line."""
    if report.is_done:
        return f"{safe(file)}: nothing to do"
    counts = [f"{number} {words}" for need, words in _NEEDS.items() if (number := report.needs(need))]
    for kind in ("differs", "gone"):
        number = sum(1 for finding in report.findings if finding.kind == kind)
        if number:
            counts.append(f"{number} {'differ' if kind == 'differs' else 'gone'}")
    parts = [", ".join(counts)] if counts else []
    if report.functions:
        becomes = "become" if len(report.functions) > 1 else "becomes"
        parts.append(f"{safe(named(report.functions))} {becomes} async def")
    if report.by_hand:
        need = "need" if len(report.by_hand) > 1 else "needs"
        parts.append(f"{safe(named(report.by_hand))} {need} to be rewritten by hand")
    if report.needs_run:
        parts.append("asyncio.run(…) for what is outside of functions")
    return f"{safe(file)}: {'; '.join(parts)}"


def _shown(text: str) -> str:
    return safe(text.replace("\t", "    "))
