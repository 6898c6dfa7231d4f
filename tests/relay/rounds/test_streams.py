"""The rules of the streams: one planted violation of each kind is found, and what is right is let pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from accsyn_async.relay.messages import EventMessage, HealthMessage, StateMessage, TermMessage, encode
from accsyn_async.relay.subjects import Names
from tests.relay.rounds.streams import (
    EVENT,
    MESSAGE_ID,
    RELAY,
    TERM,
    EventRules,
    StateRules,
    Stored,
    differences,
)

NAMES = Names.of("acme")
AT = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
ROW = msgspec.Raw(b'{"id":"a"}')


def head(term: int = 1) -> dict[str, Any]:
    return {"v": 1, "workspace": "acme", "relay": f"r{term}", "term": term, "book": "b", "at": AT}


def stored(seq: int, subject: str, message: Any, **headers: str) -> Stored:
    own = {RELAY: message.relay, TERM: str(message.term)}
    if isinstance(message, EventMessage):
        own |= {EVENT: message.id, MESSAGE_ID: message.id}
    own |= {name.replace("_", "-"): text for name, text in headers.items()}
    return Stored(seq, subject, encode(message), {name: text for name, text in own.items() if text})


def term(seq: int, number: int = 1) -> Stored:
    return stored(seq, NAMES.term, TermMessage(**head(number)))


def event(seq: int, name: str, n: int, *, run: int = 0, by: int = 1, **others: Any) -> Stored:
    headers = {key: others.pop(key) for key in list(others) if key.startswith(("Accsyn", "Nats"))}
    job = others.pop("about", "a")
    subject = others.pop("on", NAMES.event(job))
    facts: dict[str, Any] = {
        **head(by),
        "event": name,
        "id": f"acme:{job}:{run}:{n}",
        "type": "transfer",
        "run": run,
        "n": n,
        "ended": name in ("finished", "removed"),
        "job": {"id": job, "status": "running", "progress": 1},
        "row": ROW,
    }
    return stored(seq, subject, EventMessage(**(facts | others)), **headers)


def state(seq: int, n: int = 0, *, run: int = 0, k: int = 0, by: int = 1, **others: Any) -> Stored:
    job = others.pop("about", "a")
    subject = others.pop("on", NAMES.state(job))
    facts: dict[str, Any] = {
        **head(by),
        "type": "transfer",
        "run": run,
        "n": n,
        "k": k,
        "ended": False,
        "removed": False,
        "event_id": f"acme:{job}:{run}:{n}",
        "event_seq": 2,
        "job": {"id": job, "status": "running", "progress": 1},
        "row": ROW,
    }
    return stored(seq, subject, StateMessage(**(facts | others)))


def health(seq: int, settled: int = 0, by: int = 1) -> Stored:
    return stored(
        seq,
        NAMES.health,
        HealthMessage(
            **head(by),
            state="ok",
            reason=None,
            since=AT,
            age_s=0.0,
            polls=1,
            period_s=3.0,
            settled=settled,
            queries=["Transfer"],
            allowed=[],
        ),
    )


LIFE = [term(1), event(2, "found", 0), event(3, "changed", 1), event(4, "finished", 2, id="acme:a:done:x")]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (LIFE, []),
        ([*LIFE, event(5, "revived", 1, run=1), event(6, "removed", 2, run=1)], []),
        ([*LIFE, term(5, 2), event(6, "found", 0, about="b", by=2)], []),
        # Whoever cannot know whether NATS remembers an id publishes without.
        ([*LIFE, event(5, "found", 0, about="b", Nats_Msg_Id="")], []),
        ([*LIFE, term(5, 2), event(6, "found", 0, about="b")], ["is of term 1, behind one of term 2"]),
        ([*LIFE, event(5, "found", 0, about="b", by=2)], ["is of term 2, which never began"]),
        (
            [*LIFE, event(5, "found", 0, about="b", relay="r9")],
            ["is of r9, in the term 1 of r1"],
        ),
        ([*LIFE, event(4, "found", 0, about="b")], ["#4 stands behind #4"]),
        (
            [*LIFE, event(5, "found", 0, about="b", Accsyn_Term="")],
            ["was written by nobody", "another than its"],
        ),
        (
            [*LIFE, event(5, "found", 0, about="b", Accsyn_Term="x")],
            ["was written by nobody", "another than its"],
        ),
        (
            [*LIFE, event(5, "found", 0, about="b", Accsyn_Relay="r7")],
            ["is of r7, in the term 1 of r1", "its headers are of another"],
        ),
        ([*LIFE, event(5, "found", 0, about="b", Nats_Msg_Id="z")], ["Nats-Msg-Id is z, not acme:b:0:0"]),
        ([*LIFE, event(5, "found", 0, about="b", Accsyn_Event="")], ["Accsyn-Event is None, not acme:b:0:0"]),
        ([*LIFE, event(5, "found", 0, about="b", on=NAMES.event("c"))], ["event tells of b"]),
        (
            [*LIFE, event(5, "finished", 2, run=1, id="acme:a:done:x")],
            ["tells acme:a:done:x again, after #4"],
        ),
        ([*LIFE, event(5, "changed", 3)], ["comes after the end of its life"]),
        ([*LIFE[:3], event(4, "changed", 1, id="other")], ["other is 0.1.0, behind 0.1.0"]),
        ([*LIFE[:3], event(4, "found", 2)], ["finds a job that was known"]),
        ([*LIFE[:3], event(4, "changed", 2, ended=True)], ["changed, and its life has ended"]),
        ([*LIFE[:3], event(4, "removed", 2, ended=False)], ["removed, and its life has not ended"]),
        (
            [*LIFE, Stored(5, NAMES.event("b"), b"nonsense", {RELAY: "r1", TERM: "1"})],
            ["not a relay's message"],
        ),
        ([*LIFE, Stored(5, NAMES.term, b"nonsense", {RELAY: "r1", TERM: "1"})], ["not a relay's message"]),
    ],
)
def test_what_must_not_be_of_events_is_found(messages: list[Stored], said: list[str]) -> None:
    rules = EventRules(NAMES)
    for message in messages:
        rules.take(message)
    assert len(rules.faults) == len(said), rules.faults
    assert all(text in fault for text, fault in zip(said, rules.faults, strict=True))


def test_what_others_put_there_is_let_pass() -> None:
    planted = Stored(3, NAMES.event("a"), b"nonsense", {})
    rules = EventRules(NAMES, {planted.data})
    for message in (term(1), event(2, "found", 0), planted, event(4, "changed", 1)):
        rules.take(message)
    assert rules.faults == []
    assert [told.seq for told in rules.told] == [2, 4]


def test_a_stream_made_anew_tells_anew_what_it_had_told() -> None:
    rules = EventRules(NAMES)
    for message in LIFE:
        rules.take(message)
    rules.rebuilt()
    for message in (term(1), event(2, "finished", 2, id="acme:a:done:x"), event(3, "revived", 1, run=1)):
        rules.take(message)
    assert rules.faults == []
    rules.take(event(4, "found", 0, id="acme:a:0:9"))
    assert len(rules.faults) == 2


STATES = [
    health(1),
    state(2),
    state(3, n=1, event_seq=3),
    state(4, n=2, event_id="acme:a:done:x", event_seq=4),
]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (STATES, []),
        ([*STATES, health(5, settled=4)], []),
        ([*STATES, health(5, 4, by=2), state(6, run=1, event_seq=0, by=2)], []),
        ([*STATES, health(5, by=2), health(6)], ["is of term 1, behind one of term 2"]),
        ([*STATES, state(5, n=1, event_seq=3)], ["a is 0.1.0, behind 0.2.0"]),
        ([health(1), state(2, k=3), state(3, k=2)], ["a is 0.0.2, behind 0.0.3"]),
        ([*STATES, state(5, about="b", event_seq=9)], ["acme:b:0:0, which does not stand at #9"]),
        ([*STATES, state(5, about="b", event_seq=4)], ["acme:b:0:0, which does not stand at #4"]),
        ([*STATES, state(5, about="b", event_seq=0, on=NAMES.state("c"))], ["state tells of b"]),
        ([*STATES, health(5, settled=9)], ["#9 of the events is settled, and #4 is the last"]),
        ([*STATES[:3], health(4, settled=4)], ["the state of a lacks acme:a:done:x"]),
        ([health(1, settled=2)], ["the state of a lacks acme:a:0:0"]),
        (
            [*STATES, Stored(5, NAMES.health, b"nonsense", {RELAY: "r1", TERM: "1"})],
            ["not a relay's message"],
        ),
        (
            [*STATES, Stored(5, NAMES.state("b"), b"nonsense", {})],
            ["written by nobody", "not a relay's message"],
        ),
        (
            [*STATES, Stored(5, "accsyn.acme.x", b"{}", {RELAY: "r1", TERM: "1"})],
            ["there is no such subject"],
        ),
    ],
)
def test_what_must_not_be_of_states_is_found(messages: list[Stored], said: list[str]) -> None:
    events, rules = EventRules(NAMES), StateRules(NAMES)
    for message in LIFE:
        events.take(message)
    for message in messages:
        rules.take(message)
    faults = rules.conclude(events)
    assert len(faults) == len(said), faults
    assert all(text in fault for text, fault in zip(said, faults, strict=True))


def test_what_stands_in_the_place_of_a_state_is_no_state() -> None:
    planted = Stored(3, NAMES.state("a"), b"nonsense", {})
    rules = StateRules(NAMES, {planted.data})
    for message in (health(1), state(2, event_seq=0), planted):
        rules.take(message)
    assert (rules.faults, rules.latest) == ([], {})
    rules.take(state(4, event_seq=0))
    assert list(rules.latest) == ["a"]


def latest(**others: Any) -> dict[str, StateMessage]:
    return {"a": msgspec.json.decode(state(1, **others).data, type=StateMessage)}


Facts = tuple[list[dict[str, Any]], dict[str, StateMessage], list[str]]
RUNS = {"id": "a", "status": "running", "progress": 1}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (lambda: ([RUNS], latest(), []), []),
        (lambda: ([], latest(ended=True), ["a"]), []),
        (lambda: ([RUNS], {}, []), ["a is running, and has no state"]),
        (lambda: ([{**RUNS, "progress": 2}], latest(), []), ["running at 1 %, and is running at 2 %"]),
        (lambda: ([{**RUNS, "status": "paused"}], latest(), []), ["running at 1 %, and is paused at 1 %"]),
        (lambda: ([RUNS], latest(ended=True), []), ["running at 1 %, its life ended, and is running at 1 %"]),
        (lambda: ([], latest(), []), ["a is told to be running, and is not there"]),
        (lambda: ([], {}, ["a"]), ["a has ended, and its state does not say so"]),
    ],
)
def test_where_states_are_not_what_the_backend_says(facts: Callable[[], Facts], said: list[str]) -> None:
    faults = differences(*facts())
    assert len(faults) == len(said), faults
    assert all(text in fault for text, fault in zip(said, faults, strict=True))
