"""The hot paths take no more than they took: instructions and allocations are counted, nothing is timed.

Counts differ among minor versions of Python. With one that is newer than all of the file, there is nothing
that was agreed to: the paths are gone and counted all the same, and what makes one heavier is noticed beside
what it takes without that. An older one that is not in the file has been forgotten there, which is a mistake.
"""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks import guards
from benchmarks.guard_counts import Counts, changes, counted, counts_of
from benchmarks.guards import KINDS, count_apart
from benchmarks.hot_paths import PATHS

HELP = "\nIf that is what you want, write the file anew: python -m benchmarks.guards --write"
IN_PYTHON = """
import sys
import accsyn_async
from accsyn_async import Session

honest = Session.find
heavier = {"honest": honest}
source = '''
async def find(self, *args, **options):
    rows = await honest(self, *args, **options)
    for row in rows:
        assert row["id"] + row["name"]
    return rows
'''
exec(compile(source, accsyn_async.__path__[0] + "/planted.py", "exec"), heavier)
Session.find = heavier["find"]
"""
IN_C = """
import json
from benchmarks.stage import Stage

honest = Stage.send

async def send(self, request, *, timeout):
    reply = await honest(self, request, timeout=timeout)
    assert json.loads(reply.body)
    return reply

Stage.send = send
"""
A_COPY = """
from accsyn_async.wire.message import Response
from benchmarks.stage import Stage

honest = Stage.send

async def send(self, request, *, timeout):
    reply = await honest(self, request, timeout=timeout)
    return Response(reply.status, reply.headers, bytes(bytearray(reply.body)))

Stage.send = send
"""


def agreed(path: str) -> Counts | None:
    """What a path may take as the file says; ``None`` when it is of older versions of Python alone."""
    text = guards.FILE.read_text()
    versions = counted(text)
    if guards.VERSION not in versions and newer(guards.VERSION, versions):
        return None
    counts, _ = counts_of(text, guards.VERSION)
    return {name: several for name, several in counts.items() if name == path}


def newer(version: str, versions: list[str]) -> bool:
    """Whether a minor version of Python comes after all of these."""
    return counted(json.dumps(dict.fromkeys([*versions, version])))[-1] == version not in versions


def checked(path: str) -> str:
    """Make sure that a path takes no more than it may; gives what people are to be told."""
    now, was = {path: count_apart(path)}, agreed(path)
    if was is None:
        assert now[path].keys() == set(KINDS)
        assert all(now[path].values())
        return (
            f"{path}: gone, and compared with nothing: of Python {guards.VERSION} there are no counts yet."
            " To write them: python -m benchmarks.guards --write"
        )
    compared = changes(was, now, KINDS)
    problems = [each.problem for each in compared if each.problem]
    assert not problems, "\n".join(problems) + HELP
    hints = [each.hint for each in compared if each.hint]
    return "\n".join(hints) + HELP if hints else ""


@pytest.mark.parametrize("path", PATHS)
def test_a_hot_path_takes_no_more_than_before(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    if said := checked(path):
        with capsys.disabled():
            sys.stdout.write(f"\n{said}\n")


def test_the_file_knows_of_every_path_and_of_no_other() -> None:
    text = guards.FILE.read_text()
    for version in counted(text):
        assert set(counts_of(text, version)[0]) == set(PATHS), version


def test_a_python_that_is_not_in_the_file_is_newer_than_all_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = counted(guards.FILE.read_text())
    assert guards.VERSION in versions or newer(guards.VERSION, versions)
    path = next(iter(PATHS))
    monkeypatch.setattr(guards, "VERSION", "3.10")
    with pytest.raises(LookupError, match=r"no counts of Python 3\.10"):
        agreed(path)
    monkeypatch.setattr(guards, "VERSION", "3.99")
    assert agreed(path) is None
    assert "of Python 3.99 there are no counts yet" in checked(path)


@pytest.mark.parametrize(
    ("plant", "path", "noticed_by"),
    [
        (IN_PYTHON, "find of 500 rows", {"instructions"}),
        (IN_C, "find of 500 rows", {"allocations", "bytes"}),
        (IN_C, "poll of 500 jobs, a tenth changed", {"allocations", "bytes"}),
        (A_COPY, "poll of 5,000 jobs, none changed", {"bytes"}),
    ],
    ids=["a loop over rows", "an additional decode", "an additional decode of a poll", "an additional copy"],
)
def test_a_heavier_path_is_noticed(plant: str, path: str, noticed_by: set[str]) -> None:
    was = agreed(path) or {path: count_apart(path)}
    compared = changes(was, {path: count_apart(path, plant)}, KINDS)
    assert noticed_by <= {each.kind for each in compared if each.problem}


def test_counts_are_the_same_each_time() -> None:
    path = "a call of one row through aiohttp"
    assert count_apart(path) == count_apart(path)


def test_a_path_that_fails_is_no_path_that_is_cheap() -> None:
    with pytest.raises(RuntimeError, match="find of 500 rows could not be counted: (?s:.*)ZeroDivisionError"):
        count_apart("find of 500 rows", "1 / 0")
