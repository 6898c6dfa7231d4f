"""The view, and the file that remembers it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.dashboard.top.columns import COLUMNS
from accsyn_async.dashboard.top.view import NewerViewError, View
from accsyn_async.dashboard.top.view_file import ViewFile, default_path

views = st.builds(
    View,
    st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True).map(tuple),
    st.sampled_from(sorted(COLUMNS)),
    st.booleans(),
    st.booleans(),
)


@given(views)
def test_a_view_is_told_and_read(view: View) -> None:
    assert View.from_dict(json.loads(json.dumps(view.to_dict()))) == view


@pytest.mark.parametrize(
    "change",
    [
        {"v": "1"},
        {"v": 0},
        {"columns": []},
        {"columns": ["name", "name"]},
        {"columns": ["nothing"]},
        {"columns": [["name"]]},
        {"columns": "name"},
        {"sort": "nothing"},
        {"sort": None},
        {"sort": ["name"]},
        {"reverse": 1},
        {"log": "yes"},
    ],
)
def test_what_is_no_view_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="it|its"):
        View.from_dict({**View().to_dict(), **change})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_no_json_is_taken_for_a_view(told: Any) -> None:
    with pytest.raises(ValueError, match="view"):
        View.from_dict(told)


def test_a_later_version_is_told_apart() -> None:
    with pytest.raises(NewerViewError):
        View.from_dict({"v": 2, "columns": "anything"})


def test_ordering_by_the_same_column_turns_it_round() -> None:
    view = View().sorted_by("speed")
    assert (view.sort, view.reverse) == ("speed", False)
    assert view.sorted_by("speed").reverse is True
    assert view.sorted_by("speed").sorted_by("speed").reverse is False
    assert view.sorted_by("speed").sorted_by("name").reverse is False


def test_ordering_by_the_neighbours() -> None:
    view = View(columns=("name", "speed", "id"), sort="id")
    assert view.sorted_by_next(1).sort == "name"
    assert view.sorted_by_next(-1).sort == "speed"
    assert View(columns=("name", "speed"), sort="id").sorted_by_next(1).sort == "name"


def test_a_view_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "top.json"
    file = ViewFile(path)
    assert file.load() == View()
    assert file.note is None
    view = View(("id", "name"), "size", True, False)
    file.save(view)
    assert ViewFile(path).load() == view
    assert [one.name for one in path.parent.iterdir()] == ["top.json"]


def test_an_unchanged_view_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "top.json"
    file = ViewFile(path)
    file.save(file.load())
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"v":1}', b"[" * 100_000])
def test_a_damaged_file_is_told_of_and_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "top.json"
    path.write_bytes(content)
    file = ViewFile(path)
    assert file.load() == View()
    assert file.note is not None
    assert "damaged" in file.note
    file.save(View(sort="id"))
    assert ViewFile(path).load() == View(sort="id")


def test_a_later_versions_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "top.json"
    path.write_text('{"v": 2}')
    file = ViewFile(path)
    assert file.load() == View()
    assert file.note is not None
    assert "later version" in file.note
    file.save(View(sort="id"))
    assert path.read_text() == '{"v": 2}'


def test_what_cannot_be_read_or_written_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "top.json"
    path.mkdir()
    file = ViewFile(path)
    assert file.load() == View()
    assert file.note is not None
    file.save(View(sort="id"))
    assert os.listdir(tmp_path) == ["top.json"]


def test_it_is_kept_where_state_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path().name == "top.json"
