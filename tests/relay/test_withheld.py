"""States that came before their events."""

from __future__ import annotations

import datetime as dt
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.relay.messages import StateMessage
from accsyn_async.relay.withheld import Withheld

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def state(number: int, n: int, k: int, event_seq: int) -> StateMessage:
    return StateMessage(
        v=1,
        workspace="acme",
        relay="r1",
        term=1,
        book="b",
        at=AT,
        type="transfer",
        run=0,
        n=n,
        ended=False,
        job={"id": str(number)},
        row=msgspec.Raw(b"{}"),
        k=k,
        removed=False,
        event_id="",
        event_seq=event_seq,
    )


@pytest.mark.parametrize("moves_on", [False, True], ids=["progress", "status"])
def test_what_waits_takes_no_more_however_long_it_waits(moves_on: bool) -> None:
    """A consumer stalls, and with it what it has read of events; states go on."""
    withheld = Withheld()

    def go_on(rounds: range) -> None:
        for n in rounds:
            for number in range(50):
                seq = 100 + n * 50 + number if moves_on else 100 + number
                withheld.keep(str(number), state(number, n, 0, seq), 0.0)

    go_on(range(10))
    tracemalloc.start()
    try:
        go_on(range(10, 500))
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(withheld) == 50
    # What is kept was made meanwhile: some kilobytes a job, and nothing for each that came.
    assert grown < 50 * 4_000
    assert len(list(withheld.due(10**9))) == 50


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40), st.booleans()), max_size=400))
def test_each_comes_when_its_event_has_been_read(steps: list[tuple[int, int, bool]]) -> None:
    withheld, latest = Withheld(), dict[str, StateMessage]()
    for k, (number, seq, looks) in enumerate(steps):
        message = state(number, 0, k, seq)
        withheld.keep(str(number), message, 0.0)
        latest[str(number)] = message
        if looks:
            due = {str(each.job["id"]): each for each in withheld.due(seq)}
            assert due == {ident: each for ident, each in latest.items() if each.event_seq <= seq}
            latest = {ident: each for ident, each in latest.items() if each.event_seq > seq}
        assert len(withheld) == len(latest)
    assert list(withheld.overdue(-1.0)) == []
    assert {str(each.job["id"]): each for each in withheld.overdue(0.0)} == latest
    assert len(withheld) == 0
