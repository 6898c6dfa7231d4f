from __future__ import annotations

from pathlib import Path

import pytest

from accsyn_async.cli.job_file import MOST_BYTES, read_job_file
from accsyn_async.errors import ArgumentError


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b'{"source": "a", "destination": "b"}', {"source": "a", "destination": "b"}),
        (b'\xef\xbb\xbf{"source": "a"}', {"source": "a"}),
        (b'[{"source": "a"}]', {"tasks": [{"source": "a"}]}),
    ],
)
def test_what_is_read(tmp_path: Path, content: bytes, data: object) -> None:
    path = tmp_path / "job.json"
    path.write_bytes(content)
    assert read_job_file(str(path)) == data


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"a": 1,\n  x}', "line 2, column 3"),
        (b"", "line 1, column 1"),
        (b"3", "neither a JSON object nor a list"),
        (b'"text"', "neither a JSON object nor a list"),
        (b"{}", "neither"),
        (b"[]", "neither"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"[" * 200_000, "not JSON"),
        (b" " * (MOST_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "job.json"
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match=says):
        read_job_file(str(path))


@pytest.mark.parametrize(
    ("path", "says"), [("nowhere.json", "no file"), (".", "cannot be read"), ("a\0b", "cannot be read")]
)
def test_no_file(path: str, says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        read_job_file(path)
