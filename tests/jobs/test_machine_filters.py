"""On which machines a compute job may run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.jobs.machine_filters import filter_problem


@pytest.mark.parametrize(
    "filters",
    [
        "", "  ", "ram:>32g,site:sthlm", "ram:32", "ram:<1.5 TB", "ram:=64GB", "RAM:>32G", "cores:>12",
        "cores:8", "site:berlin", "site:-berlin", "hostname:+ws01-ws02", "hostname:ws*", "pool:+mypool",
        "pool:~mypool", "pool:@gpu", " ram : >32g , cores : 4 ", "gpu:any", "ram:>32g, ram:<128g",
    ],
)  # fmt: skip
def test_filters(filters: str) -> None:
    assert filter_problem(filters) is None


@pytest.mark.parametrize(
    ("filters", "problem", "remedy"),
    [
        ("ram:plenty", "'ram:plenty' is no filter", "write it like ram:>32g"),
        ("ram:>32x", "'ram:>32x' is no filter", "write it like ram:>32g"),
        ("ram:>>32", "'ram:>>32' is no filter", "write it like ram:>32g"),
        ("ram:٣٢", "'ram:٣٢' is no filter", "write it like ram:>32g"),
        ("cores:many", "'cores:many' is no filter", "write it like cores:>12"),
        ("cores:1.5", "'cores:1.5' is no filter", "write it like cores:>12"),
        ("site:a\nb", "'site:a\\nb' is no filter", "write it like site:berlin or site:-berlin"),
        ("ram", "'ram' is no filter", "write filters like ram:>32g,site:berlin"),
        ("ram:", "'ram:' is no filter", "write filters like ram:>32g,site:berlin"),
        (":32", "':32' is no filter", "write filters like ram:>32g,site:berlin"),
        ("ram:1,,cores:1", "'' is no filter", "write filters like ram:>32g,site:berlin"),
        ("ram:1,", "'' is no filter", "write filters like ram:>32g,site:berlin"),
        ("a" * 300, f"'{'a' * 118}… is no filter", "write filters like ram:>32g,site:berlin"),
        ("ram:" + "9" * 1_000_000 + "!", f"'ram:{'9' * 114}… is no filter", "write it like ram:>32g"),
    ],
)
def test_what_is_no_filter(filters: str, problem: str, remedy: str) -> None:
    assert filter_problem(filters) == (problem, remedy)


@given(filters=st.text() | st.text("ramcoes:><=-+,.0123456789gGbB \n"))
def test_whatever_filters_are_they_are_read_or_complained_of(filters: str) -> None:
    found = filter_problem(filters)
    assert found is None or all(found)
    if found is None and filters.strip():
        assert all(":" in one for one in filters.split(","))
