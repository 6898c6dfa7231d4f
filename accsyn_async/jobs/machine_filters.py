"""On which machines a compute job may run: ``ram:>32g,site:sthlm`` (accsyn's manual of its render farm)."""

from __future__ import annotations

import re

from accsyn_async.jobs.quoting import quoted

__all__ = ["filter_problem"]

_AMOUNT = re.compile(r"[<>=]?\d+(\.\d+)?\s*([kmgtKMGT][bB]?)?", re.ASCII)
_COUNT = re.compile(r"[<>=]?\d+", re.ASCII)
_FORMS = {
    "ram": (_AMOUNT, "ram:>32g"),
    "cores": (_COUNT, "cores:>12"),
    "site": (re.compile(r"\S.*"), "site:berlin or site:-berlin"),
    "hostname": (re.compile(r"\S.*"), "hostname:+ws01-ws02"),
    "pool": (re.compile(r"[+\-~@]?\S.*"), "pool:+mypool"),
}


def filter_problem(filters: str) -> tuple[str, str] | None:
    """What is wrong with the filters of a compute job and what to write; ``None`` when nothing is.

    Filters of a kind that is not documented pass.

    >>> filter_problem("ram:>32g,site:sthlm") is None
    True
    >>> filter_problem("ram:plenty")
    ("'ram:plenty' is no filter", 'write it like ram:>32g')
    """
    if not filters.strip():
        return None
    for entry in filters.split(","):
        kind, colon, operand = entry.strip().partition(":")
        if not colon or not kind or not operand.strip():
            return f"{quoted(entry.strip())} is no filter", "write filters like ram:>32g,site:berlin"
        form, example = _FORMS.get(kind.casefold(), (None, ""))
        if form is not None and not form.fullmatch(operand.strip()):
            return f"{quoted(entry.strip())} is no filter", f"write it like {example}"
    return None
