"""docs/errors.md: every error and every code is on it, and what it says of them is so."""

from __future__ import annotations

import builtins
import inspect
import re
from pathlib import Path

import pytest

from accsyn_async import errors, sandbox
from accsyn_async.cli import exit_codes
from accsyn_async.cli.exit_codes import ending_of
from tests.docs_held.codes import CODE, Said, known_codes

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "errors.md").read_text()
CODES = known_codes()
ALIASES = {"AccsynException"}
PLAIN = "BackendError"
CODE_ROWS = re.findall(r"^\| `(E#\w+)` \| (.*?) \| (.*?) \|$", TEXT, re.MULTILINE)


def section(heading: str) -> str:
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,3}} |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[2]


def test_every_error_has_a_section_and_every_section_an_error() -> None:
    classes = TEXT.partition("\n## The classes\n")[2].partition("\n## ")[0]
    told = re.findall(r"^### (\w+)$", classes, re.MULTILINE)
    assert set(told) == set(errors.__all__) - ALIASES
    assert len(told) == len(set(told))
    assert all(f"`{name}`" in TEXT for name in ALIASES)


def test_no_error_is_named_that_there_is_not() -> None:
    named = set(re.findall(r"`(?:[a-z_]+\.)*([A-Z]\w*(?:Error|Exception|Warning))\b", TEXT))
    known = {*errors.__all__, *sandbox.__all__, *dir(builtins), "CancelledError"}
    assert named <= known, named - known


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - ALIASES))
def test_the_fields_of_each_are_told(name: str) -> None:
    kind = getattr(errors, name)
    mine = kind.__init__.__code__.co_varnames if "__init__" in vars(kind) else ()
    about = section(name)
    for field in {*mine} - {"self", "message", "facts", "__class__"}:
        assert f"`{field}`" in about or f"`{field}=" in about, field
    for field in inspect.get_annotations(kind):
        assert f"`{field}" in about, field


def test_the_fields_of_the_base_are_told() -> None:
    fields = re.findall(r"^\| `(\w+)` \|", section("AccsynError"), re.MULTILINE)
    assert set(fields) == set(vars(errors.AccsynError("x")))


def test_every_code_is_told_once() -> None:
    told = [code for code, _, _ in CODE_ROWS]
    assert sorted(told) == sorted(CODES)
    assert all(meaning and remedy for _, meaning, remedy in CODE_ROWS)


def test_no_code_is_named_that_there_is_not() -> None:
    named = set(CODE.findall(TEXT))
    assert named - set(CODES) == {"E#E503"}, "the one that stands for weather's"


def test_codes_stand_below_their_letter() -> None:
    for letter, below in re.findall(r"^### ([A-Z]): .*?\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL):
        assert {code[2] for code in re.findall(r"^\| `(E#\w+)`", below, re.MULTILINE)} == {letter}


def kinds_of(several: list[Said]) -> set[str]:
    return {type(said.error()).__name__ for said in several}


def test_what_codes_are_raised_as() -> None:
    """The table holds those that are more than a ``BackendError``, each with all that it can be."""
    table = section("Codes in replies")
    told = {
        code: set(re.findall(r"`(\w+Error)`", kinds))
        for codes, kinds in re.findall(r"^\| ((?:`E#\w+` ?)+) \| (.*) \|$", table, re.MULTILINE)
        for code in re.findall(r"E#\w+", codes)
    }
    assert told.pop("E#E500") == {PLAIN}
    assert told == {code: kinds_of(several) for code, several in CODES.items() if kinds_of(several) - {PLAIN}}


def test_codes_are_found_where_they_are() -> None:
    """What is read out of the source is what is there: a message, a status, a session that has expired."""
    assert CODES["E#A402"][0] == Said("E#A402 The session has expired, log in again.", 200, True)
    assert any(said.status == 421 for said in CODES["E#E421"])
    assert len(CODES) > 100


def test_exit_codes_are_those_that_there_are() -> None:
    table = section("Exit codes of the command line")
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    endless = {name for name in errors.__all__ if issubclass(getattr(errors, name), errors.JobEndedError)}
    ends = [ending_of(getattr(errors, name)("x")) for name in set(errors.__all__) - endless]
    used = {ending.code for ending in ends if ending} | {exit_codes.REFUSED, exit_codes.USAGE}
    by_signals = {128 + 1, 128 + 15}
    assert told == used | by_signals | {0, exit_codes.INTERRUPTED, exit_codes.NOBODY_READS}
    for code, names in re.findall(r"^\| (\d+) \| (.*?) \|", table, re.MULTILINE):
        for name in re.findall(r"`(\w+Error)`", names):
            ending = ending_of(getattr(errors, name)("x"))
            assert ending is not None
            assert ending.code == int(code), name


def test_messages_that_are_shown_are_said() -> None:
    """What somebody sees, and looks for on the page, is what the code says."""
    seen = section("The rest")
    source = "\n".join(path.read_text() for path in (ROOT / "accsyn_async").rglob("*.py"))
    source = re.sub(r'"\s*\n\s*f?"', "", source)
    shown = [text for row in seen.splitlines() for text in re.findall(r"^\| `([^`]+)`", row)]
    others = {"Degraded", "JobStalled", "certificate is not yet valid"}
    # OpenSSL's words, of a host's name and of an address.
    others.add("… mismatch, certificate is not valid for …")
    assert len(shown) > 15
    for text in set(shown) - others:
        for part in text.split("…"):
            pieces = re.split(r"(?<!\w)\d+(?!\w)|HTTP \d+", part)
            assert all(piece.strip(" :,()") in source for piece in pieces), text
