"""What the guards' file says, and what is made of it."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest

from benchmarks import guard_counts, guards
from benchmarks.guard_counts import Changed, Counts, changes, counts_of, table, with_counts

WAS: Counts = {"a call": {"bytes": 1000, "instructions": 200}, "gone": {"bytes": 1, "instructions": 2}}
PACKAGES = {"msgspec": "0.22.0"}
KINDS = ("instructions", "bytes")


def test_the_examples_run() -> None:
    assert doctest.testmod(guard_counts).failed == 0


def test_a_count_may_grow_by_a_tenth_and_no_more() -> None:
    def problems(now: int) -> list[str]:
        compared = changes({"a call": {"bytes": 1000}}, {"a call": {"bytes": now}}, ["bytes"])
        return [each.problem for each in compared if each.problem]

    assert problems(1100) == []
    assert problems(500) == []
    assert problems(1101) == ["a call: 1,101 bytes, 10.1 % more than the 1,000 of before"]


def test_what_became_much_cheaper_is_a_hint_and_no_problem() -> None:
    assert Changed("a call", "bytes", 1000, 900).hint == ""
    cheaper = Changed("a call", "bytes", 1000, 850)
    assert (cheaper.hint, cheaper.problem) == ("a call: 850 bytes, 15 % less than the 1,000 of before", "")


def test_new_paths_and_forgotten_ones_are_problems() -> None:
    now = {"a call": {"bytes": 1000, "instructions": 200}, "new": {"bytes": 1, "instructions": 2}}
    assert [each.problem for each in changes(WAS, now, KINDS) if each.problem] == [
        "new: instructions are not in the file",
        "new: bytes are not in the file",
        "gone: instructions are in the file, and nobody counts them",
        "gone: bytes are in the file, and nobody counts them",
    ]


def test_what_cannot_be_counted_here_is_let_be() -> None:
    now = {path: {"instructions": counts["instructions"]} for path, counts in WAS.items()}
    assert [each.problem for each in changes(WAS, now, ["instructions"]) if each.problem] == []


def test_a_version_without_counts_says_how_to_make_them() -> None:
    text = with_counts(with_counts("", "3.11", WAS, PACKAGES), "3.9", WAS, PACKAGES)
    with pytest.raises(LookupError, match=r"Python 3\.14 .* \(of 3\.9, 3\.11\): .*--write$"):
        counts_of(text, "3.14")
    with pytest.raises(LookupError, match=r"\(of none\)"):
        counts_of("", "3.14")


def test_writing_changes_one_version_and_only_what_differs() -> None:
    text = with_counts(with_counts("", "3.11", WAS, PACKAGES), "3.12", WAS, PACKAGES)
    now = {"a call": {"bytes": 1004, "instructions": 210}}
    written = with_counts(text, "3.12", now, {"msgspec": "0.23.0"})
    assert counts_of(written, "3.11") == (WAS, PACKAGES)
    assert counts_of(written, "3.12") == (
        {"a call": {"bytes": 1000, "instructions": 210}},
        {"msgspec": "0.23.0"},
    )
    assert written == json.dumps(json.loads(written), indent=2, sort_keys=True) + "\n"


def test_the_table_says_what_was_and_what_is() -> None:
    now = {"a call": {"bytes": 1000, "instructions": 250}}
    assert table(changes({"a call": WAS["a call"]}, now, KINDS)).splitlines() == [
        "                        was     is        ",
        "a call  instructions    200    250  +25.0%",
        "        bytes         1,000  1,000        ",
    ]


def counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, factor: float) -> Path:
    """The command counts nothing, and has a file of its own."""
    counts = {kind: round(1000 * factor) for kind in guards.KINDS}
    monkeypatch.setattr(guards, "count_apart", lambda _path: counts)
    monkeypatch.setattr(guards, "ROOT", tmp_path)
    monkeypatch.setattr(guards, "FILE", tmp_path / "guards.json")
    return tmp_path / "guards.json"


def test_the_command_writes_and_compares(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = counted(monkeypatch, tmp_path, 1.0)
    assert guards.main([]) == 1
    assert "run: python -m benchmarks.guards --write" in capsys.readouterr().err
    assert guards.main(["--write"]) == 0
    assert f"written to guards.json, for Python {guards.VERSION}" in capsys.readouterr().out
    written = file.read_text()
    assert guards.main([]) == 0

    counted(monkeypatch, tmp_path, 1.2)
    assert guards.main([]) == 1
    assert "MORE THAN BEFORE: find of 500 rows: 1,200 instructions" in capsys.readouterr().out
    assert file.read_text() == written

    counted(monkeypatch, tmp_path, 0.5)
    assert guards.main([]) == 0
    said = capsys.readouterr().out
    assert "cheaper: find of 500 rows: 500 instructions, 50 % less" in said
    assert said.endswith("write the file anew: python -m benchmarks.guards --write\n")
