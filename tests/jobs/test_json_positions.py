"""Where in a job's text something stands, or ceases to be JSON."""

from __future__ import annotations

import json
import pickle

import pytest

from accsyn_async.errors import SpecificationError
from accsyn_async.jobs.json_text import read_job_text
from accsyn_async.jobs.problems import Keys, Problem

OBJECT = """\
{
  "name": "Daily",
  "tasks": [
    {"source": "a.mov"},
    {"source": "b.mov",
     "settings": {"task_bucketsize": "x", "one, [two]": "{"}}
  ]
}
"""


@pytest.mark.parametrize(
    ("text", "keys", "position"),
    [
        (OBJECT, (), (1, 1)),
        (OBJECT, ("name",), (2, 3)),
        (OBJECT, ("tasks", 1), (5, 5)),
        (OBJECT, ("tasks", 1, "source"), (5, 6)),
        (OBJECT, ("tasks", 1, "settings", "one, [two]"), (6, 43)),
        (OBJECT, ("tasks", 1, "destination"), (5, 5)),
        (OBJECT, ("priority",), (1, 1)),
        # A list is one of tasks, whatever it was written as.
        ('[{"source": "a"},\n {"source": 3}]', ("tasks", 1, "source"), (2, 3)),
        ('\n [{"source": "a"}, []]', ("tasks", 1), (2, 20)),
        ('[["a", {"b": 1}], {"source": 3}]', ("tasks", 1, "source"), (1, 20)),
        ('{"tasks": {"0": {"source": 3}, "": {"source": 4}}}', ("tasks", "", "source"), (1, 37)),
        ("\ufeff" + '{"source": 3}', ("source",), (1, 2)),
        ('{\r\n "source": 3}', ("source",), (2, 2)),
    ],
)
def test_where_an_attribute_stands(text: str, keys: Keys, position: tuple[int, int]) -> None:
    assert read_job_text(text).position(keys) == position
    assert read_job_text(text.encode()).positions([keys, (), keys]) == [position, (1, 1), position]


def test_the_place_of_each_of_many_is_found_in_one_go() -> None:
    count = 20_000
    text = read_job_text(
        json.dumps({"tasks": [{"source": str(number)} for number in range(count)]}, indent=0)
    )
    every: list[Keys] = [("tasks", number, "source") for number in range(count)]
    assert text.positions(every) == [(4 + 3 * number, 1) for number in range(count)]


@pytest.mark.parametrize(
    ("content", "message", "remedy", "place"),
    [
        ('{"a": 1,\n // why\n}', "JSON has no comments", "remove it", (2, 2)),
        ('{"a": "Infinity", "b": -Infinity}', "-Infinity is no JSON number", "", (1, 24)),
        ('{"a": "NaN",\n "b": NaN}', "NaN is no JSON number", "", (2, 7)),
        (
            f'{{"a": "{"1" * 9000}",\n "b": {"2" * 5000}, "c": {"3" * 8000}.5}}',
            "a number has too many digits",
            "",
            (2, 7),
        ),
        ('{"a": 1, "b": 2,\n "b": 3}', "b is there twice", "remove one", (2, 2)),
        ('[{"b": 2},\n {"b": 2, "b": 3}]', "tasks[1].b is there twice", "remove one", (2, 11)),
        ("[" * 200_000, "it is nested too deeply", "", (1, 101)),
        ("3", "it holds no job", "write an object, or a list of tasks", (None, None)),
        (b'{"a": "\xff"}', "it is no UTF-8 text", "save it as UTF-8", (1, 8)),
        (b"\x89PNG\0", "it is binary, and so no job", "", (None, None)),
    ],
)
def test_what_is_no_json_is_a_problem_at_a_place(
    content: str | bytes, message: str, remedy: str, place: tuple[int | None, int | None]
) -> None:
    with pytest.raises(SpecificationError) as caught:
        read_job_text(content, "job.json")
    error = caught.value
    assert error.problems == (Problem((), message, remedy),)
    assert (error.line, error.column) == place
    assert error.message.startswith("job.json")
    assert error.message.endswith(f": {error.problems[0]}")
    assert ("line" in error.message) is (error.line is not None)
    again = pickle.loads(pickle.dumps(error))
    assert (again.line, again.column, again.problems) == (error.line, error.column, error.problems)
