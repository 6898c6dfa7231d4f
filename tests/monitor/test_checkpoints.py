"""Guarantee 11: a watch that comes back tells what ended while it was away, each end once by its id."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from accsyn_async import (
    ArgumentError,
    CheckpointError,
    Event,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    MemoryStore,
    NotFoundError,
    Session,
    StateStore,
    Synced,
    Watch,
)
from tests.support.backend import Backend, job_id, reply, row
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

Told = list[tuple[str, str]]


def told(events: list[Event]) -> Told:
    return [
        (type(event).__name__, event.job.id[-1])
        for event in events
        if isinstance(event, JobEvent) and not isinstance(event, JobChanged)
    ]


class Failing(MemoryStore):
    """Counts what is saved, and fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[tuple[float, dict[str, str | None]]] = []
        self.fails = False

    async def save(self, changes: Mapping[str, str | None]) -> None:
        if self.fails:
            raise CheckpointError("no space is left")
        self.saved.append((asyncio.get_running_loop().time(), dict(changes)))
        await super().save(changes)


def _files(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


async def see(watch: Watch, *, until_quiet: float = 20) -> list[Event]:
    """Whatever comes until nothing does."""
    events: list[Event] = []
    try:
        while True:
            async with asyncio.timeout(until_quiet):
                events.append(await anext(watch))
    except (TimeoutError, StopAsyncIteration):
        return events


def test_guarantee_11_ends_while_it_was_away_are_told_each_once() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        for number in range(1, 6):
            backend.add(number)
        ids = [job_id(number) for number in range(1, 6)]
        seen: list[Event] = []
        async with backend.session() as session, session.watch(ids, checkpoint=store) as watch:
            await until(watch, Synced)
            backend.end(1)
            seen += await until(watch, JobFinished)
            await asyncio.sleep(5)
        backend.end(2, "aborted")
        backend.vanish(3)
        await_gone = 5
        async with backend.session() as session:
            async with session.watch(ids, checkpoint=store) as watch:
                back = await see(watch)
                assert told(back) == [
                    ("JobFound", "2"),
                    ("JobFound", "4"),
                    ("JobFound", "5"),
                    ("JobRemoved", "3"),
                    ("JobFinished", "2"),
                ]
                seen += back
            backend.end(4)
            async with session.watch(ids, checkpoint=store) as watch:
                assert told(await see(watch)) == [
                    ("JobFound", "4"),
                    ("JobFound", "5"),
                    ("JobFinished", "4"),
                ]
                backend.end(await_gone)
                assert told(await see(watch)) == [("JobFinished", "5")]
            async with session.watch(ids, checkpoint=store) as watch:
                assert kinds([event async for event in watch]) == ["Synced"]
        finals = [event.id for event in seen if isinstance(event, JobFinished | JobRemoved)]
        assert len(finals) == len(set(finals)) == 3

    run(main())


def test_guarantee_11_a_query_tells_what_began_and_ended_while_it_was_away() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        backend.add(8)
        backend.end(8)
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert told(await see(watch)) == [("JobFound", "1")]
                # It comes and goes before anything of it is written down.
                backend.add(2)
            await asyncio.sleep(3600)
            backend.end(1)
            backend.end(2)
            backend.add(3)
            backend.end(3, "aborted")
            backend.add(4)
            async with session.watch("Transfer", checkpoint=store) as watch:
                back = told(await see(watch))
                assert sorted(back[:4]) == [("JobFound", number) for number in "1234"]
                assert sorted(back[4:]) == [("JobFinished", number) for number in "123"]
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert told(await see(watch)) == [("JobFound", "4")]
                backend.end(4)
                assert told(await see(watch)) == [("JobFinished", "4")]

    run(main())


def test_guarantee_11_other_watches_of_the_query_hear_nothing_of_it() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer", initial=False) as other:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            await see(other)
            backend.end(1)
            assert told(await see(other)) == [("JobFinished", "1")]
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert told(await see(watch)) == [("JobFound", "1"), ("JobFinished", "1")]
            assert await see(other) == []

    run(main())


def test_guarantee_11_what_was_not_used_is_told_again_with_its_id() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        for number in (1, 2):
            backend.add(number)
        ids = [job_id(1), job_id(2)]
        async with backend.session() as session:
            with pytest.raises(RuntimeError):
                async with session.watch(ids, checkpoint=store) as watch:
                    await until(watch, Synced)
                    backend.end(1)
                    (finished,) = (await until(watch, JobFinished))[-1:]
                    raise RuntimeError("the consumer fails on it")
            # Even when the job itself is no more.
            backend.vanish(1)
            async with session.watch(ids, checkpoint=store) as watch:
                back = await see(watch)
                assert told(back) == [("JobFound", "2"), ("JobFinished", "1")]
                (again,) = (event for event in back if isinstance(event, JobFinished))
                assert isinstance(finished, JobFinished)
                assert (again.id, again.job.status, again.at) == (finished.id, "done", finished.at)
                assert again.job.raw == finished.job.raw
            async with session.watch(ids, checkpoint=store) as watch:
                assert told(await see(watch)) == [("JobFound", "2")]

    run(main())


def test_guarantee_11_a_removal_is_told_again_with_its_id() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        backend.add(2)
        removed: list[str] = []
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
                backend.move(1, status="failed")
                await until(watch, JobChanged)
                backend.move(1, status="waiting")
                await until(watch, JobChanged)
            backend.vanish(1)
            for fails in (True, True, False):
                try:
                    async with session.watch("Transfer", checkpoint=store) as watch:
                        async for event in watch:
                            if isinstance(event, JobRemoved):
                                removed.append(event.id)
                                assert event.job.status == "waiting"
                                if fails:
                                    raise RuntimeError
                                break
                except RuntimeError:
                    pass
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert told(await see(watch)) == [("JobFound", "2")]
        assert removed == [f"acme:{job_id(1)}:0:3"] * 3

    run(main())


def test_guarantee_11_lives_are_counted_across_restarts() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        events: list[JobEvent] = []

        async def once(session: Session, what: Any) -> list[Event]:
            async with session.watch(what, checkpoint=store) as watch:
                got = await see(watch)
                events.extend(event for event in got if isinstance(event, JobEvent))
                return got

        for what in ("Transfer", job_id(1)):
            backend, store = Backend(), MemoryStore()
            backend.add(1)
            backend.add(2)
            events.clear()
            async with backend.session() as session:
                await once(session, what)
                backend.end(1)
                await once(session, what)
            backend.archive.clear()
            backend.add(1, progress=50)
            async with backend.session() as session:
                assert ("JobRevived", "1") in told(await once(session, what))
            async with backend.session() as session:
                assert ("JobFound", "1") in told(await once(session, what))
                backend.move(1, status="paused")
                await once(session, what)
                backend.end(1)
            async with backend.session() as session:
                assert told(await once(session, what))[-1] == ("JobFinished", "1")
            of_one = [event for event in events if event.job.id == job_id(1)]
            assert [event.run for event in of_one] == sorted(event.run for event in of_one)
            assert [event.run for event in of_one if isinstance(event, JobFinished)] == [0, 1]
            durable = [e.id for e in of_one if isinstance(e, JobFinished | JobRevived)]
            assert len(durable) == len(set(durable)) == 3

    run(main())


def test_guarantee_11_nothing_is_told_twice_while_it_lives() -> None:
    async def main() -> None:
        backend, store = Backend(ended_stay_listed=True), MemoryStore()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer", checkpoint=store) as watch:
            await until(watch, Synced)
            backend.end(1)
            assert told(await see(watch)) == [("JobFinished", "1")]
        async with backend.session() as session, session.watch("Transfer", checkpoint=store) as watch:
            # It is still listed, as on older backends, and its end was told.
            assert kinds(await see(watch)) == ["Synced"]

    run(main())


def test_ends_of_before_the_first_watch_are_no_news_later() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        backend.end(1)
        async with backend.session() as session:
            for _ in range(2):
                async with session.watch("Transfer", checkpoint=store) as watch:
                    assert kinds(await see(watch)) == ["Synced"]

    run(main())


def test_an_id_that_was_never_there_is_an_error_also_with_a_checkpoint() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            for _ in range(2):
                async with session.watch([job_id(1), job_id(9)], checkpoint=store) as watch:
                    with pytest.raises(NotFoundError, match=job_id(9)):
                        await until(watch, JobFinished)

    run(main())


def test_ids_that_come_and_go_do_so_in_the_checkpoint_as_well() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        for number in (1, 2, 3):
            backend.add(number)
        async with backend.session() as session:
            async with session.watch([job_id(1), job_id(2)], checkpoint=store) as watch:
                await see(watch)
                watch.add(job_id(3))
                watch.remove(job_id(1))
                await see(watch)
            backend.end(1)
            backend.end(3)
            ids = [job_id(2), job_id(3)]
            async with session.watch(ids, checkpoint=store) as watch:
                assert told(await see(watch)) == [
                    ("JobFound", "2"),
                    ("JobFound", "3"),
                    ("JobFinished", "3"),
                ]
            kept = await store.load()
            assert {key for key in kept if key.startswith("job:")} == {f"job:{ident}" for ident in ids}
            await store.aclose()

    run(main())


def test_guarantee_11_it_is_written_once_a_second_at_most_besides_ends() -> None:
    async def main() -> None:
        backend, store = Backend(), Failing()
        for number in range(1, 9):
            backend.add(number)
        async with backend.session() as session, session.watch("Transfer", checkpoint=store) as watch:

            async def flap() -> None:
                for turn in range(200):
                    for number in range(1, 9):
                        backend.move(number, status=("paused", "running")[turn % 2], progress=turn % 90)
                    await asyncio.sleep(0.5)

            flapping = asyncio.create_task(flap())
            await see(watch, until_quiet=10)
            await flapping
            moments = [at for at, _ in store.saved]
            assert len(moments) > 20
            assert all(later - at >= 0.999 for at, later in itertools.pairwise(moments))
            before = len(store.saved)
            backend.end(1)
            assert told(await see(watch)) == [("JobFinished", "1")]
            keys = [sorted(changes) for _, changes in store.saved[before:]]
            end = next(key for key in keys[-2] if key.startswith("owed:"))
            assert keys[-2:] == [[f"job:{job_id(1)}", end, "since"], [end, "since"]]

    run(main())


def test_guarantee_11_an_end_that_cannot_be_written_is_not_handed_out() -> None:
    async def main() -> None:
        backend, store = Backend(), Failing()
        backend.add(1)
        async with backend.session() as session, session.watch(job_id(1), checkpoint=store) as watch:
            await until(watch, Synced)
            backend.end(1)
            await asyncio.sleep(5)
            store.fails = True
            for _ in range(2):
                with pytest.raises(CheckpointError, match="no space is left"):
                    await until(watch, JobFinished)
            store.fails = False
            assert told([event async for event in watch]) == [("JobFinished", "1")]

    run(main())


def test_what_cannot_be_written_when_leaving_is_an_error_unless_there_is_another() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        for error in (None, RuntimeError("mine")):
            store = Failing()
            async with backend.session() as session:
                with pytest.raises(type(error) if error else CheckpointError):
                    async with session.watch("Transfer", checkpoint=store) as watch:
                        await until(watch, Synced)
                        backend.move(1, status="paused")
                        await until(watch, JobChanged)
                        store.fails = True
                        if error is not None:
                            raise error
                # Whoever comes next may use it.
                store.fails = False
                async with session.watch("Transfer", checkpoint=store) as watch:
                    await until(watch, Synced)
                backend.move(1, status="running")

    run(main())


def test_cancelled_while_an_end_is_written_it_is_handed_out_next() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)

        class Slow(MemoryStore):
            async def save(self, changes: Mapping[str, str | None]) -> None:
                await asyncio.sleep(5)
                await super().save(changes)

        async with backend.session() as session, session.watch(job_id(1), checkpoint=Slow()) as watch:
            await until(watch, Synced)
            backend.end(1)
            await until(watch, JobChanged)
            await asyncio.sleep(20)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await anext(watch)
            assert told([event async for event in watch]) == [("JobFinished", "1")]

    run(main())


def test_one_watch_uses_a_checkpoint_at_a_time() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        async with backend.session() as session, session.watch("Transfer", checkpoint=store):
            with pytest.raises(CheckpointError, match="in use by another watch"):
                async with session.watch("Transfer", checkpoint=store):
                    raise AssertionError("entered")

    run(main())


@pytest.mark.parametrize(
    ("options", "what", "message"),
    [
        ({"workspace": "other"}, "Transfer", "belongs to the workspace 'acme', not 'other'"),
        ({}, "Transfer WHERE user=3", "a watch of transfer jobs, all of them, not of transfer WHERE user=3"),
        ({}, "Delivery", "not of delivery jobs, all of them"),
        ({}, job_id(1), "not of transfer jobs by their ids"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused_and_left_alone(
    options: dict[str, str], what: str, message: str
) -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer", checkpoint=store) as watch:
            await until(watch, Synced)
        before = dict(await store.load())
        await store.aclose()
        async with backend.session(**options) as session:
            with pytest.raises(CheckpointError, match=message):
                async with session.watch(what, checkpoint=store):
                    raise AssertionError("entered")
        assert dict(await store.load()) == before

    run(main())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"about": '{"schema":2,"workspace":"acme"}'}, "newer version of accsyn_async"),
        ({"about": "{"}, "cannot be understood"),
        ({"about": "[]"}, "cannot be understood"),
        ({"about": None}, "cannot be understood"),
        ({"since": "yesterday"}, "cannot be understood"),
        ({f"job:{job_id(1)}": "null"}, "cannot be understood"),
        ({f"job:{job_id(1)}": '{"run":"x"}'}, "cannot be understood"),
        ({"owed:x": '{"event":"changed"}'}, "cannot be understood"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_left_alone(
    damage: dict[str, str | None], message: str
) -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            await store.load()
            await store.save(damage)
            await store.aclose()
            with pytest.raises(CheckpointError, match=message):
                async with session.watch("Transfer", checkpoint=store):
                    raise AssertionError("entered")
            kept = await store.load()
            assert {key: kept.get(key) for key in damage} == damage

    run(main())


@pytest.mark.parametrize("checkpoint", [5, object(), b"seen.db", {}])
def test_what_is_no_checkpoint_is_refused(checkpoint: Any) -> None:
    async def main() -> None:
        async with Backend().session() as session:
            with pytest.raises(ArgumentError, match="a file's path or a StateStore"):
                session.watch("Transfer", checkpoint=checkpoint)

    run(main())


async def test_guarantee_11_a_file_keeps_it_and_holds_no_secret(tmp_path: Path) -> None:
    backend = Backend()
    backend.add(1)
    path = tmp_path / "seen.db"
    for _ in range(2):
        async with backend.session() as session, session.watch("Transfer", checkpoint=path) as watch:
            found, _synced = await until(watch, Synced)
            assert isinstance(found, JobFound)
    backend.end(1, at=0)
    async with backend.session() as session, session.watch("Transfer", checkpoint=str(path)) as watch:
        assert told(await take(watch, 3)) == [("JobFound", "1"), ("JobFinished", "1")]
        with pytest.raises(CheckpointError, match="in use"):
            async with session.watch("Transfer", checkpoint=path):
                raise AssertionError("entered")
    written = b"".join(_files(tmp_path).values())
    assert job_id(1).encode() in written
    assert backend.key.encode() not in written
    assert b"session-1-secret" not in written


async def test_guarantee_11_a_damaged_file_is_set_aside_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "seen.db"
    path.write_bytes(b"this is no database, and was none before" * 100)
    backend = Backend()
    backend.add(1)
    async with backend.session() as session, session.watch("Transfer", checkpoint=path) as watch:
        await until(watch, Synced)
    aside = [content[:15] for name, content in _files(tmp_path).items() if "damaged" in name]
    assert aside == [b"this is no data"]
    assert "damaged" in caplog.text


def test_a_users_own_store_will_do() -> None:
    class Table:
        def __init__(self) -> None:
            self.kept: dict[str, str] = {}

        async def load(self) -> dict[str, str]:
            return dict(self.kept)

        async def save(self, changes: Mapping[str, str | None]) -> None:
            for key, text in changes.items():
                if text is None:
                    self.kept.pop(key, None)
                else:
                    json.loads(text) if key != "since" else None
                    self.kept[key] = text

        async def aclose(self) -> None:
            pass

    async def main() -> None:
        backend, table = Backend(), Table()
        backend.add(1)
        store: StateStore = table
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            backend.end(1)
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert told(await see(watch))[-1] == ("JobFinished", "1")

    run(main())


def test_long_away_the_archive_is_asked_as_well() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        archived: list[dict[str, Any]] = []
        find = backend._find

        def with_archive(event: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
            if data.get("archived"):
                return archived
            return find(event, data)

        backend._find = with_archive  # type: ignore[method-assign]
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            await asyncio.sleep(2 * 86_400)
            backend.add(2)
            backend.end(2)
            # What the archive holds is found by its id alone.
            archived.append(backend.archive[job_id(2)])
            backend.archive[job_id(2)] = row(2, **backend.archive[job_id(2)])
        assert archived
        # Two weeks pass on the wall, which a virtual day or two cannot show.
        kept = dict(await store.load())
        await store.save({"since": "2025-12-01T00:00:00+00:00"})
        await store.aclose()
        assert kept["since"].startswith("2026")
        async with backend.session() as session, session.watch("Transfer", checkpoint=store) as watch:
            assert ("JobFinished", "2") in told(await see(watch))
        assert [request for request in backend.requests() if (request.data or {}).get("archived")]

    run(main())


def test_what_ended_while_it_was_away_and_is_no_more_is_nobodys_error() -> None:
    """Guarantee 11: of it nothing is known but that it ended."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            backend.add(2)
            backend.end(2)

            def deleted(received: Any) -> None:
                if (received.event.get("query") or "").startswith("id in"):
                    backend.vanish(2)
                else:
                    backend.faults.append(deleted)

            backend.faults.append(deleted)
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert told(await see(watch)) == [("JobFound", "1")]
                backend.end(1)
                assert told(await see(watch)) == [("JobFinished", "1")]

    run(main())


def test_a_watch_with_a_checkpoint_is_synced_by_the_first_poll() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            for _ in range(2):
                async with session.watch("Transfer", checkpoint=store) as watch:
                    began = backend.now()
                    await until(watch, Synced)
                    assert backend.now() - began < 0.5
                backend.add(2)
                backend.end(2)

    run(main())


def test_an_end_that_is_told_again_does_not_end_the_life_that_followed() -> None:
    """Guarantee 11: what was handed out before, and what came of the job since."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        backend.add(2)
        async with backend.session() as session:
            with pytest.raises(ZeroDivisionError):
                async with session.watch("Transfer", checkpoint=store) as watch:
                    await until(watch, Synced)
                    backend.end(1)
                    await until(watch, JobFinished)
                    raise ZeroDivisionError
        backend.archive.clear()
        backend.add(1, progress=50)
        async with backend.session() as session, session.watch("Transfer", checkpoint=store) as watch:
            assert told(await see(watch)) == [("JobFound", "2"), ("JobFinished", "1"), ("JobRevived", "1")]
        backend.vanish(1)
        async with backend.session() as session, session.watch("Transfer", checkpoint=store) as watch:
            assert told(await see(watch)) == [("JobFound", "2"), ("JobRemoved", "1")]

    run(main())


def test_an_answer_that_lacks_what_ended_is_not_the_last_word() -> None:
    """Guarantee 11: the finished are looked through twice before it is believed that nothing was missed."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            backend.add(2)
            backend.end(2)
            lies = 2

            def empty(received: Any) -> Any:
                nonlocal lies
                if (received.data or {}).get("finished") and lies:
                    lies -= 1
                    backend.faults.append(empty)
                    return reply({"result": []})
                backend.faults.append(empty)
                return None

            backend.faults.append(empty)
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert sorted(told(await see(watch))) == [
                    ("JobFinished", "2"),
                    ("JobFound", "1"),
                    ("JobFound", "2"),
                ]
            backend.faults.clear()
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert told(await see(watch)) == [("JobFound", "1")]

    run(main())
