from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.serving.requests import ALWAYS, MOST_SERIES, folded
from accsyn_async.transport.traffic import ENTITIES, METHODS, OUTCOMES, Key

KEYS = st.tuples(
    st.sampled_from(METHODS), st.sampled_from([*sorted(ENTITIES), "other"]), st.sampled_from(OUTCOMES)
)
ALL: list[Key] = [
    (method, entity, outcome) for method in METHODS for entity in ENTITIES for outcome in OUTCOMES
]


@given(st.lists(KEYS, max_size=60), st.integers(0, 20))
def test_no_series_falls_or_ends_and_none_is_lost(requests: list[Key], most: int) -> None:
    counted: dict[Key, int] = {}
    before: dict[Key, int] = {}
    for key in requests:
        counted[key] = counted.get(key, 0) + 1
        told = folded(counted, most)
        assert sum(told.values()) == sum(counted.values())
        assert all(told[each] >= count for each, count in before.items())
        before = told
    own = {key for key in before if key[1] != "other"}
    assert len(own - set(ALWAYS)) <= most
    assert set(ALWAYS) <= before.keys() or not requests


def test_all_that_can_come_up() -> None:
    told = folded(dict.fromkeys(ALL, 1))
    assert len(told) == MOST_SERIES
    assert sum(told.values()) == len(ALL)


def test_logins_are_told_of_before_there_was_one_and_apart_however_late() -> None:
    assert folded({}) == dict.fromkeys(ALWAYS, 0)
    late: dict[Key, int] = {**dict.fromkeys(ALL, 1), ("PUT", "login", "refused"): 7}
    assert folded(late)["PUT", "login", "refused"] == 7
