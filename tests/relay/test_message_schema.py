"""docs/relay/messages.schema.json says what is published and answered: no more, and no less."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from accsyn_async import (
    AccsynError,
    Job,
    JobChanged,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
    NotFoundError,
    OutcomeUnknownError,
)
from accsyn_async.event_json import job_to_dict
from accsyn_async.events import JobEvent
from accsyn_async.models import JOB_TYPES, JobStatus
from accsyn_async.monitor.diff import changes_between
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.command_messages import (
    Action,
    Commanded,
    CommandReply,
    CommandRequest,
    encode_reply,
    encode_request,
    read_reply,
    read_request,
)
from accsyn_async.relay.commands import CommandDesk
from accsyn_async.relay.messages import (
    EventMessage,
    EventName,
    HealthMessage,
    NotOursError,
    StateMessage,
    TermMessage,
    encode,
    job_from,
    read_event,
    read_health,
    read_state,
    read_term,
)
from accsyn_async.relay.subjects import Names
from tests.cli.making import HOSTILE
from tests.support.relay_messages import AT, JOB, MASTHEAD, examples, health

FILE = Path(__file__).parents[2] / "docs" / "relay" / "messages.schema.json"
SCHEMA: dict[str, Any] = json.loads(FILE.read_text())
STRUCTS: dict[str, type[msgspec.Struct]] = {
    "event": EventMessage,
    "state": StateMessage,
    "health": HealthMessage,
    "term": TermMessage,
    "request": CommandRequest,
    "reply": CommandReply,
    "result": Commanded,
}
READERS: dict[str, Any] = {
    "event": read_event,
    "state": read_state,
    "health": read_health,
    "term": read_term,
    "request": read_request,
    "reply": read_reply,
}
KINDS = {"found": "event", "changed": "event", "finished": "event", "refusal": "reply"}
"""What examples are examples of, where their names do not say it."""


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{kind}"})


VALIDATORS = {kind: validator(kind) for kind in READERS}


def complaints(kind: str, message: Any) -> list[str]:
    return [error.message for error in VALIDATORS[kind].iter_errors(message)]


def checked(kind: str, text: bytes) -> dict[str, Any]:
    """A message that the schema and the reader take."""
    message: dict[str, Any] = json.loads(text)
    assert complaints(kind, message) == []
    READERS[kind](text)
    return message


def fields_of(kind: str) -> tuple[dict[str, Any], set[str]]:
    """The fields that a definition has with those that it builds on, and which must be there."""
    definition = SCHEMA["$defs"][kind]
    properties, required = dict(definition.get("properties", {})), set(definition.get("required", ()))
    if "$ref" in definition:
        more, needed = fields_of(definition["$ref"].rpartition("/")[2])
        properties, required = {**more, **properties}, required | needed
    return properties, required


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", STRUCTS)
def test_it_has_the_fields_that_messages_have(kind: str) -> None:
    there = msgspec.structs.fields(STRUCTS[kind])
    properties, required = fields_of(kind)
    assert properties.keys() == {field.encode_name for field in there}
    assert required == {field.encode_name for field in there if field.required}


def test_it_has_the_facts_that_jobs_have() -> None:
    properties, required = fields_of("job")
    assert list(properties) == list(job_to_dict(Job(id="a")))
    assert required == properties.keys()


def test_it_knows_the_words() -> None:
    assert set(fields_of("event")[0]["event"]["enum"]) == set(get_args(EventName))
    assert fields_of("job")[0]["status"]["examples"] == [status.value for status in JobStatus]
    assert fields_of("event")[0]["type"]["examples"] == list(JOB_TYPES)
    assert set(fields_of("request")[0]["action"]["enum"]) == set(get_args(Action))
    assert set(fields_of("health")[0]["state"]["enum"]) == {"ok", "degraded"}


def test_every_field_is_described() -> None:
    for name, definition in SCHEMA["$defs"].items():
        assert name in ("job", "moment") or definition["description"].endswith(".")
        for field, rules in definition.get("properties", {}).items():
            assert name == "job" or "description" in rules or "$ref" in rules, (name, field)


@pytest.mark.parametrize("name", examples())
def test_what_is_made_is_as_it_says(name: str) -> None:
    checked(KINDS.get(name, name), json.dumps(examples()[name]).encode())


WORDS = st.text(st.characters(exclude_categories=["Cs"]))
EXTRA = st.dictionaries(WORDS.map("x-{}".format), st.none() | WORDS | st.integers(), min_size=1)


@given(st.sampled_from(sorted(examples())), EXTRA)
def test_fields_that_nobody_knows_are_passed_over(name: str, extra: dict[str, Any]) -> None:
    message = {**examples()[name], **extra}
    if "job" in message:
        message["job"] = {**message["job"], **extra}
    if "results" in message:
        message["results"] = [{**each, **extra} for each in message["results"]]
    checked(KINDS.get(name, name), json.dumps(message).encode())


SIMPLE = {
    "event": ("v", "workspace", "relay", "term", "book", "type", "run", "n", "job", "eta_s", "event", "id"),
    "state": ("v", "relay", "run", "n", "ended", "k", "removed", "event_id", "event_seq", "stalled"),
    "health": ("state", "reason", "age_s", "polls", "period_s", "settled", "queries", "allowed"),
    "term": ("v", "workspace", "relay", "term", "book", "at"),
    "request": ("v", "action", "jobs", "type", "by"),
    "reply": ("v", "results", "error", "refused"),
}
"""Fields in which the schema and the reader take the same, whatever it is."""
VALUES: list[Any] = [None, True, 2, 7.5, "x", "ok", "found", [], ["x"], {}]
MISSING = object()


@pytest.mark.parametrize("kind", SIMPLE)
def test_what_it_refuses_is_refused_and_what_it_takes_is_read(kind: str) -> None:
    seen = set()
    for name, example in examples().items():
        if KINDS.get(name, name) != kind or name in ("changed", "finished"):
            continue
        for field in SIMPLE[kind]:
            for value in [*VALUES, MISSING]:
                message = {key: each for key, each in example.items() if key != field}
                if value is not MISSING:
                    message[field] = value
                if kind == "event" and (field, value) in (("n", 2), ("job", {})):
                    continue  # That found is 0, and what a job says, readers do not look at.
                try:
                    READERS[kind](json.dumps(message).encode())
                    taken = True
                except NotOursError:
                    taken = False
                assert taken == (complaints(kind, message) == []), (field, value)
                seen.add(taken)
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("found", {"at": "2026-01-22T12:00:00"}),
        ("found", {"at": "yesterday"}),
        ("found", {"row": []}),
        ("found", {"term": 0}),
        ("found", {"ended": True}),
        ("found", {"n": 1}),
        ("found", {"changes": {"status": ["running", "done"]}}),
        ("changed", {"changes": {"status": ["running"]}}),
        ("changed", {"changes": {"progress": [1, 2]}}),
        ("changed", {"n": 0}),
        ("finished", {"ended": False}),
        ("state", {"event_seq": -1}),
        ("health", {"since": "now"}),
        ("request", {"jobs": ["x"] * 251}),
        ("reply", {"results": None}),
        ("reply", {"results": [{"ok": True}]}),
    ],
)
def test_what_is_never_made_is_none(name: str, change: dict[str, Any]) -> None:
    assert complaints(KINDS.get(name, name), {**examples()[name], **change})


# -- whatever happens to jobs

NUMBERS = st.none() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=3)
TEXTS = st.none() | st.text(max_size=8) | st.sampled_from(HOSTILE)
MOMENTS = st.sampled_from(["2026-01-01T00:00:00", "1970-01-01T00:00:00", "26-1-1", "0099-01-01T00:00:00", ""])
FACTS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("progress", "speed", "size"), NUMBERS),
        **dict.fromkeys(("name", "code", "source", "source_hr", "destination", "user", "etr"), TEXTS),
        "metadata": st.dictionaries(st.text(max_size=4), st.floats() | st.text(max_size=4), max_size=2),
        "created": MOMENTS,
        "modified": MOMENTS,
    },
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["progress", "status", "end", "abort", "remove", "revive", "stall"]), FACTS),
    max_size=12,
)


def told(row: Mapping[str, Any], eta: float | None, *, as_text: bool) -> Job:
    job = Job.from_row(json.dumps(row).encode() if as_text else row)
    return job.with_eta(eta) if eta is not None else job


@given(FACTS, STEPS, st.none() | st.floats(0, 1e6), st.booleans())
def test_every_message_of_every_life(
    first: Mapping[str, Any], steps: list[tuple[str, Mapping[str, Any]]], eta: float | None, as_text: bool
) -> None:
    book = Book(MASTHEAD)
    now = told({**first, "id": JOB, "status": "running"}, eta, as_text=as_text)
    event: JobEvent = JobFound(at=AT, job=now)
    run = 0
    seq = 0
    for number, (what, facts) in enumerate([("", {}), *steps]):
        row = {**facts, "id": JOB, "status": "running"}
        if what in ("end", "abort"):
            row |= {"status": "done" if what == "end" else "aborted"}
            row |= {"finished": f"2026-01-01T00:00:{number:02}"}
        elif what == "status":
            row["status"] = "paused" if now.status is JobStatus.RUNNING else "failed"
        before, now = now, told(row, eta, as_text=as_text) if what else now
        if what in ("progress", "status"):
            event = JobChanged(at=AT, job=now, run=run, previous=before, changes=changes_between(before, now))
        elif what in ("end", "abort"):
            event = JobFinished(at=AT, job=now, run=run, id=f"acme:{JOB}:{now.status}:{row['finished']}")
        elif what == "remove":
            event = JobRemoved(at=AT, job=before, run=run)
        elif what == "stall":
            event = JobStalled(at=AT, job=before, run=run)
        elif what == "revive":
            run += 1
            event = JobRevived(at=AT, job=now, run=run)
        for message in book.take(event, "transfer"):
            seq += 1
            text = encode(message)
            checked("event", text)
            job_from(read_event(text))
            assert encode(read_event(text)) == text
            book.published_event(message, seq)
        for state in book.states():
            text = encode(state)
            checked("state", text)
            job_from(read_state(text))
            assert encode(read_state(text)) == text
    for again in book.ends([JOB]):
        checked("event", encode(again))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_job_stops_a_leader(name: str) -> None:
    """As JSON from the backend, where halves of characters are possible, and as a row."""
    row = {"id": JOB, "name": name, "status": "running", "metadata": {name: [name]}, "user_hr": name}
    for given_as in (row, json.dumps(row).encode()):
        book = Book(Masthead("acme", "one", 1, "b1"))
        (found,) = book.take(JobFound(at=AT, job=Job.from_row(given_as)), "transfer")
        (state,) = book.states()
        whole = name.replace("\ud800", "\ufffd")
        for kind, message in (("event", found), ("state", state)):
            told = checked(kind, encode(message))
            assert (told["job"]["name"], told["row"]["metadata"]) == (whole, {whole: [whole]})


@given(st.text())
def test_the_health_of_a_leader(reason: str) -> None:
    message = checked("health", health(trouble=reason))
    assert message["state"] == "degraded"
    assert checked("health", health())["reason"] is None


def test_a_term() -> None:
    for name, at in (("acme", AT), ("söze & co", dt.datetime.now(dt.UTC))):
        checked("term", encode(TermMessage(**Masthead(name, "one", 1, "b").fields(at))))


# -- whatever is asked

TEXT = st.text(st.characters(), max_size=20)


@given(st.sampled_from(get_args(Action)), st.lists(TEXT, min_size=1, max_size=5), TEXT, TEXT)
def test_every_request(action: Action, jobs: list[str], kind: str, by: str) -> None:
    checked("request", encode_request(action, jobs, type=kind, by=by))


RESULTS = st.builds(Commanded, TEXT, st.booleans(), st.none() | TEXT, st.none() | TEXT, st.booleans())


@given(st.lists(RESULTS, max_size=4), TEXT, st.booleans())
def test_every_reply(results: list[Commanded], error: str, refused: bool) -> None:
    checked("reply", encode_reply(results))
    checked("reply", encode_reply(error=error, refused=refused))


class Asked:
    """A message to a desk, and what it answers."""

    reply = "_INBOX.1"

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.answers: list[bytes] = []

    async def respond(self, data: bytes) -> None:
        self.answers.append(data)


def desk(outcome: Any) -> CommandDesk:
    """One that is allowed to pause; what the backend, or a look, comes to is given."""

    async def do(*_arguments: Any) -> Any:
        if isinstance(outcome, AccsynError) and not isinstance(outcome, NotFoundError):
            raise outcome
        return outcome

    async def look(*_arguments: Any) -> Any:
        return outcome if isinstance(outcome, AccsynError) else None

    book = Book(MASTHEAD)
    book.take(JobFound(at=AT, job=Job.from_row({"id": JOB, "status": "running"})), "transfer")
    session: Any = SimpleNamespace(update=do)
    leader: Any = SimpleNamespace(look=look)
    link: Any = None
    return CommandDesk(
        session,
        link,
        Names.of("acme"),
        leader,
        book,
        allowed=["pause"],
        may_act=lambda: True,
        count=lambda number: None,
    )


@pytest.mark.parametrize(
    ("outcome", "action", "jobs", "expected"),
    [
        ({"status": "paused"}, "pause", [JOB], [{"id": JOB, "ok": True, "status": "paused"}]),
        (
            {},
            "pause",
            ["b" * 24],
            [{"id": "b" * 24, "ok": False, "error": "it is not published by the relay"}],
        ),
        (
            OutcomeUnknownError("no answer"),
            "pause",
            [JOB],
            [{"id": JOB, "ok": False, "error": "no answer", "unknown": True}],
        ),
        (AccsynError("\ud800no"), "pause", [JOB], [{"id": JOB, "ok": False, "error": "\ufffdno"}]),
        ({}, "look", [JOB], [{"id": JOB, "ok": True}]),
        (NotFoundError("none"), "look", [JOB], [{"id": JOB, "ok": False, "error": "none"}]),
        (
            AccsynError("no answer"),
            "look",
            [JOB],
            [{"id": JOB, "ok": False, "error": "no answer", "unknown": True}],
        ),
        ({}, "look", ["x"], [{"id": "x", "ok": False, "error": "it is no job's id"}]),
        ({}, "abort", [JOB], None),
        ({}, "explode", [JOB], None),
    ],
)
async def test_every_answer_of_a_desk(
    outcome: Any, action: str, jobs: list[str], expected: list[dict[str, Any]] | None
) -> None:
    request = {"v": 1, "action": action, "jobs": jobs, "type": "transfer", "by": "lisa@ws12"}
    asked: Any = Asked(json.dumps(request).encode())
    await desk(outcome)._answer(asked)
    (text,) = asked.answers
    assert checked("reply", text).get("results") == expected
    assert ("error" in json.loads(text)) == (expected is None)
