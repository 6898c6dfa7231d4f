"""Whole programs for the official client: what is said of them, and that what they become does the same.

``REPORT=1`` writes what is said, and what they become, anew.
"""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import accsyn_api
import pytest

from accsyn_async.migration.converting import convert
from accsyn_async.migration.reading import check_program, read_program
from accsyn_async.testing import AccsynSandbox

SCRIPTS = Path(__file__).parent / "scripts"
NAMES = sorted(path.name.removesuffix(".py.txt") for path in SCRIPTS.glob("*.py.txt"))
WHOLE = [
    "access",
    "aliases",
    "already",
    "careful",
    "connection",
    "deliver",
    "queue_report",
    "streams",
    "studio",
    "tasks",
    "tidy",
]
"""Those of which nothing is left to be done by hand."""


@pytest.fixture
def box(
    accsyn_sandbox: AccsynSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[AccsynSandbox]:
    monkeypatch.chdir(tmp_path)  # where there is no .env
    monkeypatch.setattr(accsyn_api.Session, "_p_logfile", None)
    for name in ("WORKSPACE", "DOMAIN", "API_USER", "API_KEY", "PROXY", "URL", "CREDENTIALS_PATH"):
        monkeypatch.delenv(f"ACCSYN_{name}", raising=False)
    yield accsyn_sandbox


def text_of(name: str) -> str:
    return (SCRIPTS / f"{name}.py.txt").read_bytes().decode()


def said_of(name: str) -> str:
    program = read_program(text_of(name))
    report = check_program(text_of(name))
    lines = [f"{one.line}:{one.column}: {one.kind}: {one.text}" for one in report.findings]
    left = [f"left: {one.line}:{one.column}: {one.kind}: {one.text}" for one in convert(program).left]
    summary = f"{report.awaits} awaits; {', '.join(report.functions) or 'no function'}; "
    summary += f"by hand {', '.join(report.by_hand) or 'none'}; {report.needs_run}"
    return "\n".join([*lines, summary, *left, ""])


def agreed(path: Path, text: str) -> None:
    if os.environ.get("REPORT"):
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said(name: str) -> None:
    agreed(SCRIPTS / f"{name}.report.txt", said_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_what_they_become(name: str) -> None:
    conversion = convert(read_program(text_of(name)))
    assert (conversion.left == ()) is (name in {*WHOLE, "stranger"})
    compile(conversion.text, name, "exec")
    agreed(SCRIPTS / f"{name}.converted.txt", conversion.text)


@pytest.mark.parametrize("name", WHOLE)
def test_what_they_become_does_the_same(
    name: str,
    box: AccsynSandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    before, converted = tmp_path / "before.py", tmp_path / "after.py"
    before.write_bytes(text_of(name).encode())
    converted.write_bytes(convert(read_program(text_of(name))).text.encode())

    prepare(box)
    with monkeypatch.context() as patch:
        for key, value in box.official_env().items():
            patch.setenv(key, value)
        official = run(before, capsys)
    asked = calls(box)

    prepare(box)
    with monkeypatch.context() as patch:
        user = box.user("admin")
        patch.setenv("ACCSYN_URL", box.url)
        patch.setenv("ACCSYN_WORKSPACE", box.workspace)
        patch.setenv("ACCSYN_API_USER", user.username)
        patch.setenv("ACCSYN_API_KEY", user.api_key)
        ours = run(converted, capsys)
    assert ours == official
    assert official[0].strip()
    assert calls(box) == asked


def prepare(box: AccsynSandbox) -> None:
    box.reset(seed=7)
    box.run_at(1440)
    for name in ("a.mov", "b.mov"):
        (box.volume / name).write_bytes(b"frames" * 100)


def calls(box: AccsynSandbox) -> set[tuple[str, str]]:
    """What was changed and asked, however often."""
    return {(one.verb, one.uri) for one in box.requests if one.uri not in ("discovery", "login")}


def run(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, Any]:
    capsys.readouterr()
    code = None
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        code = end.code
    return capsys.readouterr().out, code


def test_what_has_been_converted_has_nothing_left_to_await() -> None:
    for name in WHOLE:
        again = check_program(convert(read_program(text_of(name))).text)
        assert (again.awaits, again.functions) == (0, ()), name
        assert again.is_done, name
