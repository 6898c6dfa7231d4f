"""The hot paths take no more than they took: instructions and allocations are counted, nothing is timed."""

from __future__ import annotations

import sys

import pytest

from benchmarks import guards
from benchmarks.guard_counts import counts_of
from benchmarks.guards import compare, count_apart
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


@pytest.mark.parametrize("path", PATHS)
def test_a_hot_path_takes_no_more_than_before(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    compared = compare({path: count_apart(path)})
    problems = [each.problem for each in compared if each.problem]
    assert not problems, "\n".join(problems) + HELP
    if hints := [each.hint for each in compared if each.hint]:
        with capsys.disabled():
            sys.stdout.write("\n" + "\n".join(hints) + HELP + "\n")


def test_the_file_knows_of_no_path_that_is_not_there() -> None:
    counted, _ = counts_of(guards.FILE.read_text(), guards.VERSION)
    assert set(counted) == set(PATHS)


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
    compared = compare({path: count_apart(path, plant)})
    assert noticed_by <= {each.kind for each in compared if each.problem}


def test_counts_are_the_same_each_time() -> None:
    path = "a call of one row through aiohttp"
    assert count_apart(path) == count_apart(path)


def test_a_path_that_fails_is_no_path_that_is_cheap() -> None:
    with pytest.raises(RuntimeError, match="find of 500 rows could not be counted: (?s:.*)ZeroDivisionError"):
        count_apart("find of 500 rows", "1 / 0")
