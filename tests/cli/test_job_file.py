from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.cli.job_file import read_job_file
from accsyn_async.errors import SpecificationError
from accsyn_async.jobs.json_text import MOST_BYTES


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b'{"source": "a", "destination": "b"}', {"source": "a", "destination": "b"}),
        (b'\xef\xbb\xbf{"source": "a"}', {"source": "a"}),
        (b'[{"source": "a"}]', {"tasks": [{"source": "a"}]}),
    ],
)
def test_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, data: dict[str, object]
) -> None:
    path = tmp_path / "job.json"
    path.write_bytes(content)
    assert read_job_file(str(path)).document == data
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert read_job_file("-").document == data


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"a": 1,\n  x}', "line 2, column 3"),
        (b"", "line 1, column 1"),
        (b"3", "it holds no job"),
        (b"\xff\xfe", "UTF-16"),
        (b"\x89PNG\r\n\0", "it is binary"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * (MOST_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "job.json"
    path.write_bytes(content)
    with pytest.raises(SpecificationError, match=says) as caught:
        read_job_file(str(path))
    (problem,) = caught.value.problems
    assert problem.severity == "error"


class Endless(io.RawIOBase):
    """A stream that never ends, and counts what was taken from it."""

    def __init__(self) -> None:
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        buffer[:] = b" " * len(buffer)
        return len(buffer)


def test_what_never_ends_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Endless()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(endless)))
    with pytest.raises(SpecificationError, match="larger than 10 MB"):
        read_job_file("-")
    assert MOST_BYTES < endless.taken < MOST_BYTES + 100_000


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere.json", "there is no such file; name it"),
        ("", "a folder|no such file"),
        (".", "it is a folder; name a file in it"),
        ("a\0b", "it cannot be read: .*null"),
        ("a" * 5000, "it cannot be read: .*too long"),
    ],
)
def test_no_file(path: str, says: str) -> None:
    with pytest.raises(SpecificationError, match=says) as caught:
        read_job_file(path, absent="name it")
    assert (caught.value.line, caught.value.column) == (None, None)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, os.strerror(13))

    # Who runs the tests may be one who may read everything.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SpecificationError, match="may not be read by you; see to its permissions"):
        read_job_file(str(tmp_path / "job.json"))


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SpecificationError, match="standard input is closed"):
        read_job_file("-")
