"""What differs between two snapshots is what their attributes say."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Job
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.fields import WATCHED

rows = st.fixed_dictionaries(
    {"id": st.just("a")},
    optional={
        "status": st.sampled_from(["running", "Running", "waiting", "done", "new", ""]),
        "progress": st.sampled_from([None, 0, 0.0, 1, 50.5]),
        "speed": st.sampled_from([None, -1, -1.0, 0, 2.5]),
        "etr": st.sampled_from([None, "", "0h:1m:30s", "00:01:30", "90s", "soon", "999999h:0m:0s"]),
        "size": st.sampled_from([None, -1, 0, 10]),
    },
)


@given(rows, rows, st.sampled_from([WATCHED, ("progress",), ("status", "etr", "name")]))
def test_changes_are_the_fields_whose_values_differ(
    old: dict[str, Any], new: dict[str, Any], fields: tuple[str, ...]
) -> None:
    before, after = Job.from_row(old), Job.from_row(new)
    assert changes_between(before, after, fields) == {
        field: (getattr(before, field), getattr(after, field))
        for field in fields
        if getattr(before, field) != getattr(after, field)
    }
    assert changes_between(None, after, fields) == {
        field: (None, getattr(after, field)) for field in fields if getattr(after, field) is not None
    }
