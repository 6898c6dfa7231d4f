from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.cli.columns import Column, columns_of
from accsyn_async.cli.json_rows import row_to_json
from accsyn_async.cli.table import fit, write_table
from tests.cli.making import HOSTILE, ident, out, to_pipe, to_terminal

JOB = {
    "id": ident(1),
    "name": "sc010_sh0040_comp_v012.mov",
    "status": "running",
    "progress": 40,
    "speed": 12.5,
    "etr": "0h:3m:20s",
    "size": 24_000_000,
    "source_hr": f"workspace:acme({ident(7)})",
    "destination_hr": f"user:lisa@example.com[standard]({ident(8)})",
    "created": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
}


def cells(rows: list[Any], entitytype: str, attributes: list[str] | None = None) -> dict[str, str]:
    return {column.title: column.cells[0] for column in columns_of(rows, entitytype, attributes)}


def test_a_job() -> None:
    assert cells([JOB], "transfer") == {
        "NAME": "sc010_sh0040_comp_v012.mov",
        "STATUS": "running",
        "DONE": "40 %",
        "SPEED": "12.5 MB/s",
        "TIME LEFT": "3 min 20 s",
        "SIZE": "24.0 MB",
        "FROM → TO": "acme → lisa@example.com",
        "ID": ident(1),
    }


def test_nothing_runs_so_nothing_is_left() -> None:
    shown = cells([{**JOB, "status": "done"}], "transfer")
    assert "SPEED" not in shown
    assert "TIME LEFT" not in shown


@pytest.mark.parametrize(
    ("row", "entitytype", "shown"),
    [
        (
            {
                "id": ident(1),
                "code": "lisa@example.com",
                "name": "Lisa",
                "email": "lisa@example.com",
                "role": "admin",
            },
            "user",
            {"NAME": "Lisa", "CODE": "lisa@example.com", "ROLE": "admin", "ID": ident(1)},
        ),
        (
            {
                "id": "u-1",
                "uri": "0",
                "status": "failed",
                "size": -1,
                "source": {"path": "a.mov"},
                "message": "gone",
            },
            "task",
            {
                "URI": "0",
                "STATUS": "failed",
                "SIZE": "—",
                "SOURCE": "a.mov",
                "DESTINATION": "—",
                "MESSAGE": "gone",
                "ID": "u-1",
            },
        ),
        ({"odd": [1, {"a": None}], "flag": True}, "engine", {"ODD": '[1,{"a":null}]', "FLAG": "yes"}),
        ("transfer", "entitytypes", {"entitytypes": "transfer"}),
    ],
)
def test_other_rows(row: Any, entitytype: str, shown: dict[str, str]) -> None:
    assert cells([row], entitytype) == shown


def test_what_no_row_has_anything_in_is_no_column() -> None:
    volumes = [
        {"id": ident(number), "code": "projects", "email": None, "size": -1, "default": number == 1}
        for number in (1, 2)
    ]
    assert cells(volumes, "volume") == {"CODE": "projects", "DEFAULT": "yes", "ID": ident(1)}
    assert "EMAIL" in cells([*volumes, {"email": "lisa@example.com"}], "volume")


def test_the_attributes_asked_for() -> None:
    shown = cells([{**JOB, "metadata": {}}], "transfer", ["size", " etr ", "metadata", "nothing"])
    assert shown == {
        "SIZE": "24.0 MB",
        "ETR": "3 min 20 s",
        "METADATA": "—",
        "NOTHING": "—",
        "ID": ident(1),
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_a_table(name: str) -> None:
    for output in (to_terminal(NO_COLOR="1", COLUMNS="100", LINES="24"), to_pipe()):
        row = {**JOB, "name": name, "source_hr": name}
        write_table(columns_of([row], "transfer"), output)
        text = re.sub(r"\x1b\[[\d;]*m", "", out(output))
        assert len(text.splitlines()) == 2
        assert not re.search(
            r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", text
        )


@given(
    st.lists(
        st.builds(Column, st.text("ABC", max_size=9), st.just([]), least=st.none() | st.integers(3, 20)),
        min_size=1,
    ),
    st.integers(5, 200),
)
def test_a_table_fits(columns: list[Column], width: int) -> None:
    for index, column in enumerate(columns):
        column.cells[:] = ["x" * (index * 7 % 40)]
    chosen = fit(columns, width)
    assert 1 <= len(chosen) <= len(columns)
    assert sum(width for _, width in chosen) + 2 * (len(chosen) - 1) <= width
    for column, cells in chosen:
        natural = max(len(column.title), len(column.cells[0]))
        assert cells == natural or len(chosen) == 1 or cells >= (column.least or natural)


@pytest.mark.parametrize(("width", "titles"), [(40, ["NAME", "ID"]), (60, ["NAME", "STATUS", "DONE", "ID"])])
def test_what_leaves_first(width: int, titles: list[str]) -> None:
    assert [column.title for column, _ in fit(columns_of([JOB], "transfer"), width)] == titles


def test_a_pipe_gets_everything() -> None:
    output = to_pipe()
    write_table(columns_of([{**JOB, "name": "x" * 300}], "transfer"), output)
    assert "x" * 300 in out(output)


def test_rows_as_json() -> None:
    row = {
        "at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        "speed": float("nan"),
        "n": [1, 2.5],
        "name": "\x7f\u202e",
    }
    assert row_to_json(row) == (
        '{"at":"2026-01-02T00:00:00+00:00","speed":null,"n":[1,2.5],"name":"\\u007f\\u202e"}'
    )
