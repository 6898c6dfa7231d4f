"""Handlers of Ctrl-C that a coroutine never reaches are told, in the list and by a rewriting."""

from __future__ import annotations

import pytest

from accsyn_async.migration.converting import convert
from accsyn_async.migration.findings import Finding
from accsyn_async.migration.reading import read_program
from accsyn_async.migration.report import report_on

BEGIN = "import accsyn_api, time\n"
TEXT = (
    "Ctrl-C arrives as asyncio.CancelledError within a coroutine; KeyboardInterrupt is raised by asyncio.run"
)


def interrupts(snippet: str) -> list[str]:
    program = read_program(BEGIN + snippet)

    def places(findings: tuple[Finding, ...]) -> list[str]:
        return [f"{one.line - 1}:{one.column} {one.kind}" for one in findings if one.text == TEXT]

    said = places(report_on(program).findings)
    conversion = convert(program)
    assert places(conversion.left) == said
    assert conversion.text.count("KeyboardInterrupt") == snippet.count("KeyboardInterrupt")
    return said


@pytest.mark.parametrize(
    ("snippet", "place"),
    [
        (
            "def main():\n s = accsyn_api.Session()\n try:\n  while s.find('U'): time.sleep(1)\n"
            " except KeyboardInterrupt:\n  s.update('U', '1', {})\nmain()",
            "5:9",
        ),
        (
            "def f(s: accsyn_api.Session):\n try: s.find('U')\n except (OSError, KeyboardInterrupt): ...",
            "3:19",
        ),
        (
            "def main(s: accsyn_api.Session):\n s.find('U')\n try: time.sleep(1)\n"
            " except OSError: ...\n except KeyboardInterrupt as e: ...",
            "5:9",
        ),
        (
            "class A:\n def __init__(self, s: accsyn_api.Session):\n  try: s.find('U')\n"
            "  except KeyboardInterrupt: ...",
            "4:10",
        ),
        (
            "s = accsyn_api.Session()\ntry:\n while s.find('U'): time.sleep(1)\n"
            "except KeyboardInterrupt:\n s.update('U', '1', {})\n",
            "4:8",
        ),
        (
            "def f(s): return s.find('U')\nif __name__ == '__main__':\n s = accsyn_api.Session()\n"
            " try: f(s)\n except KeyboardInterrupt: ...",
            "5:9",
        ),
    ],
)
def test_a_handler_that_a_coroutine_never_reaches(snippet: str, place: str) -> None:
    assert interrupts(snippet) == [f"{place} differs"]


@pytest.mark.parametrize(
    "snippet",
    [
        "def f(): return accsyn_api.Session().find('U')\ntry: f()\nexcept KeyboardInterrupt: ...",
        "def f(s: accsyn_api.Session): return s.find('U')\n"
        "def g():\n try: time.sleep(1)\n except KeyboardInterrupt: ...",
        "import asyncio\ndef f(s: accsyn_api.Session):\n try: s.find('U')\n"
        " except (KeyboardInterrupt, asyncio.CancelledError): ...",
        "def f(s: accsyn_api.Session):\n try: s.find('U')\n except BaseException: ...",
        "try: time.sleep(1)\nexcept KeyboardInterrupt: ...\ns = accsyn_api.Session()\ns.find('U')",
        "s = accsyn_api.Session()\ntry: print(s.username)\nexcept KeyboardInterrupt: ...",
    ],
)
def test_a_handler_that_is_reached(snippet: str) -> None:
    assert interrupts(snippet) == []
