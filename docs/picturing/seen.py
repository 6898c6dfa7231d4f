"""What pictures were made of, as text without what is different each time; whether it is so still. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

__all__ = ["difference", "of_recording", "of_screen", "without_numbers"]

_ALIKE = (
    (r"[━╸─]{3,}", "<bar>"),
    (r"(?:\d+ d )?(?:\d+ h )?(?:\d+ min )?\d+ s\b|\d+ d \d+ h\b|\d+ h \d+ min\b", "<time>"),
    (r"\d[\d.]* [kMGT]?B/s", "<speed>"),
    (r"\d[\d.]* [kMGT]?B\b", "<size>"),
    (r"(?<![\w.])\d[\d.:]*", "<number>"),
    (r" {2,}", "  "),
)
_JOB = re.compile(r"\S+ +<bar> +(?P<rest>.*[^\w ] (?P<word>running|waiting|done))$")
_PART = re.compile(r"<number> (?:running|waiting|done)|<speed>|<time> left")


def without_numbers(text: str) -> str:
    """A line without what is different each time: bars, numbers, and how many blanks there are between.

    >>> without_numbers("sc010_v012.mov   ━━━━━────  60 %   2.9 MB/s   1 min 05 s  ▸ running")
    'sc010_v012.mov  <bar>  <number> %  <speed>  <time>  ▸ running'
    """
    for pattern, alike in _ALIKE:
        text = re.sub(pattern, alike, text)
    return text.strip()


def of_screen(lines: Iterable[str]) -> str:
    """What a screen says."""
    return "".join(f"{line}\n" for line in map(without_numbers, lines) if line)


def of_recording(screens: Sequence[Sequence[str]]) -> str:
    """What a recording says: its last screen, and what lines looked like before, however long that took."""
    fullest: dict[str, str] = {}
    parts = set()
    for line in {without_numbers(line) for screen in screens for line in screen}:
        if job := _JOB.search(line):
            fullest[job["word"]] = max(
                fullest.get(job["word"], ""), job["rest"], key=lambda rest: (len(rest), rest)
            )
        elif " · " in line:
            parts |= {part for part in line.split(" · ") if _PART.fullmatch(part)}
    before = (f"before: {line}\n" for line in sorted([*fullest.values(), *parts]))
    return of_screen(screens[-1]) + "".join(before)


def difference(name: str, then: str, now: str) -> str:
    """How what is to be seen differs from what a picture was made of; empty where it does not."""
    lines = difflib.unified_diff(
        then.splitlines(), now.splitlines(), f"{name}, in the picture", f"{name}, today", lineterm=""
    )
    return "\n".join(lines)
