"""A text that does not even begin like a job is told what one begins with."""

from __future__ import annotations

import pytest

from accsyn_async import SpecificationError
from accsyn_async.jobs.json_text import read_job_text

EMPTY = "it is empty; write an object, or a list of tasks"
BEGINS = "a job begins with {, a list of tasks with ["


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "line 1, column 1", EMPTY),
        ("\ufeff", "line 1, column 1", EMPTY),
        (" \n  ", "line 2, column 3", EMPTY),
        ("source: a.mov", "line 1, column 1", BEGINS),
        ('\n\'{"source": "a.mov"}\'', "line 2, column 1", BEGINS),
        ("None", "line 1, column 1", BEGINS),
        ('\n  "source": "a.mov"', "line 2, column 3", BEGINS),
        ('5, {"source": "a.mov"}', "line 1, column 1", BEGINS),
        ("# a.mov", "line 1, column 1", "JSON has no comments; remove it"),
        ('{"source": "a.mov"} x', "line 1, column 21", "there is more behind the job's end; remove it"),
        ("[] x", "line 1, column 4", "there is more behind the job's end; remove it"),
    ],
)
def test_beginnings(text: str, place: str, message: str) -> None:
    with pytest.raises(SpecificationError) as raised:
        read_job_text(text)
    assert str(raised.value) == f"{place}: {message}"
