"""A day's transfer of a pair of parties is found, or made once."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import Any, ClassVar

import pytest

from accsyn_async import (
    ArgumentError,
    JobHandle,
    OutcomeUnknownError,
    Party,
    RateLimit,
    Session,
    SpecificationError,
    TaskSpec,
    TransportError,
)
from accsyn_async.sandbox import Sandbox
from tests.submission.keeping_days import DailyBackend
from tests.support.backend import RESET, UNREACHED, Received, fails, job_id, reply
from tests.support.virtual import run

FAIR: list[Any] = [lambda _received: None] * 3
"""For the look at how many jobs are active, and at those of the name."""
FREE = RateLimit(10_000, burst=10_000)


async def ensure(session: Session, **options: Any) -> JobHandle:
    return await session.ensure_transfer(
        **({"name": "Daily", "source_party": "hq", "destination_party": "site=berlin"} | options)
    )


def test_it_is_made_as_a_placeholder_and_then_found() -> None:
    """The form is that of accsyn's job specification."""
    backend = DailyBackend()

    async def main() -> None:
        async with backend.session() as session:
            first = await ensure(session, settings={"task_bucketsize": "1"}, queue="low_prio")
            await asyncio.sleep(60)
            again = await ensure(session, queue="another")
            assert first.id == again.id
            assert again.job.status == "done"

    run(main())
    (sent,) = backend.requests("transfer/create")
    assert sent.data == {
        "name": "Daily",
        "queue": "low_prio",
        "settings": {"task_bucketsize": "1"},
        "tasks": [{"source": "hq:nofile", "destination": "site=berlin", "status": "excluded"}],
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, True),
        ({"archived": False}, True),
        ({"created": "2025-12-31T23:59:59"}, False),
        ({"status_": "aborted"}, False),
        ({"destination_hr_": "site:london(5c5bf52a1da7ee0165105b86)"}, False),
        ({"name_": "daily"}, False),
    ],
)
def test_what_counts_as_the_days(values: dict[str, Any], found: bool) -> None:
    backend = DailyBackend()
    later = {name.rstrip("_"): value for name, value in values.items() if name.endswith("_")}
    ident = backend.placed(
        1, **({"name": "Daily"} | {k: v for k, v in values.items() if not k.endswith("_")})
    )
    (backend.archive.get(ident) or backend.jobs[ident]).update(later)

    async def main() -> None:
        async with backend.session() as session:
            await asyncio.sleep(3600)
            assert ((await ensure(session)).id == ident) is found

    run(main())
    assert backend.creations() == (0 if found else 1)


def test_the_day_can_begin_elsewhere() -> None:
    backend = DailyBackend()
    ident = backend.placed(1, name="Daily", created="2025-12-31T23:30:00")
    zone = dt.timezone(dt.timedelta(hours=1))

    async def main() -> None:
        async with backend.session() as session:
            await asyncio.sleep(60)
            assert (await ensure(session, zone=zone)).id == ident
            assert (await ensure(session)).id != ident

    run(main())


def test_a_thousand_callers_of_a_session_cause_one_job_and_few_requests() -> None:
    backend = DailyBackend()

    async def main() -> None:
        async with backend.session(rate_limit=FREE) as session:
            handles = await asyncio.gather(*(ensure(session) for _ in range(1000)))
            assert len({handle.id for handle in handles}) == 1
            assert session._desk.idle

    run(main())
    assert backend.creations() == 1
    assert len(backend.received) < 12


def test_sessions_that_make_it_at_the_same_time_agree_on_one() -> None:
    """Who was second deletes its own, before anything was added to it."""
    backend = DailyBackend(latency=0.2)

    async def main() -> None:
        async with backend.session() as one, backend.session() as two, backend.session() as three:
            handles = await asyncio.gather(*(ensure(session) for session in (one, two, three)))
            await asyncio.sleep(10)
            late = await ensure(three)
            assert len({handle.id for handle in [*handles, late]}) == 1

    run(main())
    assert backend.creations() == 3
    assert backend.removed == 2
    assert len(backend.named("Daily")) == 1


def test_one_that_is_in_use_is_not_deleted(caplog: pytest.LogCaptureFixture) -> None:
    backend = DailyBackend(latency=0.2)

    async def meddle() -> None:
        await asyncio.sleep(1)
        for ident in backend.archive:
            backend.tasks[ident].append({"id": "x", "uri": "1", "job": ident, "status": "queued"})

    async def main() -> None:
        async with backend.session() as one, backend.session() as two:
            first, second, _ = await asyncio.gather(ensure(one), ensure(two), meddle())
            assert first.id == second.id

    run(main())
    assert backend.removed == 0
    assert "stays beside" in caplog.text


def test_whoever_finds_one_that_is_brand_new_waits_whether_it_is_the_first() -> None:
    """It may be about to be deleted in favour of another, made in the same second."""
    backend = DailyBackend()
    newer = backend.placed(7, name="Daily", created="2026-01-01T00:01:00")

    async def main() -> None:
        async with backend.session() as session:
            await asyncio.sleep(60)

            async def another() -> None:
                await asyncio.sleep(0.5)
                backend.placed(3, name="Daily", created="2026-01-01T00:01:00")

            handle, _ = await asyncio.gather(ensure(session), another())
            assert handle.id != newer
            assert handle.id in backend.archive

    run(main())
    assert backend.creations() == 0


def test_a_lost_answer_is_looked_up() -> None:
    """It was made all the same: nothing is sent twice."""
    backend = DailyBackend()

    def lost(received: Received) -> Any:
        if received.uri == "transfer/create":
            backend._event(received)
        return RESET

    async def main() -> None:
        async with backend.session() as session:
            backend.faults += [*FAIR, lost]
            handle = await ensure(session)
            assert handle.id in backend.archive

    run(main())
    assert backend.creations() == 1


def test_an_unknown_outcome_that_shows_nothing_stays_unknown() -> None:
    backend = DailyBackend()

    async def main() -> None:
        async with backend.session() as session:
            backend.faults += [*FAIR, lambda _: RESET]
            with pytest.raises(OutcomeUnknownError):
                await ensure(session)
            assert (await ensure(session)).job.name == "Daily"

    run(main())
    assert backend.creations() == 2


def test_those_who_waited_for_a_failure_share_it() -> None:
    backend = DailyBackend()

    async def main() -> None:
        async with backend.session(rate_limit=FREE) as session:
            backend.faults += [FAIR[0], *fails(UNREACHED, 3)]
            told = await asyncio.gather(*(ensure(session) for _ in range(100)), return_exceptions=True)
            assert {type(error) for error in told} == {TransportError}
            assert len({id(error) for error in told}) == 100
            assert isinstance(await ensure(session), JobHandle)

    run(main())
    assert backend.creations() == 1


def test_one_who_gives_up_keeps_nobody_from_it() -> None:
    backend = DailyBackend()

    async def main() -> None:
        async with backend.session() as session:
            first = asyncio.create_task(ensure(session))
            second = asyncio.create_task(ensure(session))
            await asyncio.sleep(0.05)
            first.cancel()
            handle = await second
            assert first.cancelled()
            assert [row["id"] for row in backend.named("Daily")] == [handle.id]
            assert session._desk.idle

    run(main())


class Nameless(DailyBackend):
    """Shows parties by their ids alone, as accsyn's page on jobs has it in places."""

    sites: ClassVar = {"berlin": "5c5bf52a1da7ee0165105b85", "london": "5c5bf52a1da7ee0165105b86"}

    def _event(self, received: Received) -> Any:
        if received.uri == "site/find":
            code = received.event["query"].partition("=")[2].strip('"')
            return reply({"result": [{"id": self.sites[code], "code": code}] if code in self.sites else []})
        answer = super()._event(received)
        for row in (*self.jobs.values(), *self.archive.values()):
            row.update(source_hr="", destination_hr="")
        if received.uri == "transfer/create":
            code = received.data["tasks"][0]["destination"].partition("=")[2]
            newest = list(self.archive.values())[-1]
            newest["destination"] = f"site:{self.sites.get(code, job_id(99))}"
        return answer


def test_of_parties_that_are_shown_by_their_ids_alone_nobody_gets_anothers_job() -> None:
    backend = Nameless()

    async def main() -> None:
        async with backend.session() as one, backend.session() as two:
            berlin, london = await asyncio.gather(
                ensure(one, destination_party="site=berlin"), ensure(two, destination_party="site=london")
            )
            assert berlin.id != london.id
            await asyncio.sleep(60)
            assert (await ensure(two, destination_party="site=berlin")).id == berlin.id
            assert (await ensure(one, destination_party="site=london")).id == london.id

    run(main())
    assert (backend.creations(), backend.removed) == (2, 0)


def test_one_that_is_not_found_again_is_not_made_again_by_the_same_session(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As where a main site is called by its own code, and rows say that it is the workspace."""
    backend = Nameless()

    async def main() -> None:
        async with backend.session() as session:
            ids = {(await ensure(session, destination_party="site=paris")).id for _ in range(5)}
            assert len(ids) == 1
            assert caplog.text.count("is not found again by name, day and parties") == 1
            (ident,) = ids
            backend.archive[ident]["status"] = "aborted"
            assert (await ensure(session, destination_party="site=paris")).id != ident

    run(main())
    assert backend.creations() == 2


def test_ways_to_write_the_workspace_are_one() -> None:
    backend = DailyBackend()

    async def main() -> None:
        async with backend.session(workspace="acme") as session:
            handles = await asyncio.gather(
                *(ensure(session, source_party=party) for party in ("hq", "site=hq", "acme", "ACME"))
            )
            assert len({handle.id for handle in handles}) == 1

    run(main())
    assert backend.creations() == 1


@pytest.mark.parametrize(
    ("options", "error", "part"),
    [
        ({"name": " "}, ArgumentError, "name is a text with something in it"),
        ({"name": None}, ArgumentError, "name is a text with something in it"),
        ({"zone": "UTC"}, ArgumentError, "zone is a tzinfo"),
        ({"source_party": "client=664f53b16aa9149860da9d9c"}, ArgumentError, "name the user or the site"),
        ({"destination_party": ["site=berlin"]}, ArgumentError, "is a party such as"),
        ({"settings": {"task_bucketsize": "many"}}, SpecificationError, "settings.task_bucketsize"),
        ({"destination_party": "hq"}, SpecificationError, "would send to itself"),
        ({"source_path": "../x"}, ArgumentError, "climbs with"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(
    options: dict[str, Any], error: type[Exception], part: str
) -> None:
    backend = DailyBackend()

    async def main() -> None:
        async with backend.session() as session:
            with pytest.raises(error, match=part):
                await ensure(session, **options)

    run(main())
    assert [received.uri for received in backend.received] == ["login"]


async def test_several_people_and_sessions_sync_all_day(caplog: pytest.LogCaptureFixture) -> None:
    """Against the sandbox: concurrent callers end with one job, and all their tasks arrive."""
    caplog.set_level(logging.INFO, "accsyn_async.submission")
    async with Sandbox(speed=500, rate_limit=False) as box:
        for number in range(12):
            (box.volume / f"{number}.mov").write_bytes(b"%d" % number)

        async def sync(user: str, numbers: range) -> str:
            async with box.session(user) as session:
                daily = await ensure(session)
                for number in numbers:
                    await daily.add_tasks([TaskSpec(f"share=projects/{number}.mov", "site=berlin")])
                await daily.wait(timeout=60)
                return daily.id

        ids = await asyncio.gather(
            sync("admin", range(4)), sync("admin", range(4, 8)), sync("admin", range(8, 12))
        )
        assert len(set(ids)) == 1
        async with box.session("admin") as session:
            active = await session.find('Transfer WHERE name="Daily"')
            finished = await session.find('Transfer WHERE name="Daily"', finished=True)
            assert {row["id"] for row in [*active, *finished]} == set(ids)
            tasks = await session.find("Task", entityid=ids[0])
            assert sorted(task["status"] for task in tasks) == ["done"] * 12 + ["excluded"]
        site = box.site_root("berlin") / "projects"
        assert {path.read_bytes() for path in site.glob("*.mov")} == {b"%d" % number for number in range(12)}


PAIRS = [
    ("hq", "site=berlin"),
    ("site=berlin", "hq"),
    ("admin@example.com", "hq"),
    ("hq", "admin@example.com"),
]


async def test_pairs_of_all_kinds() -> None:
    async with Sandbox(rate_limit=False) as box, box.session("admin", rate_limit=None) as session:

        async def all_pairs() -> list[str]:
            handles = await asyncio.gather(
                *(ensure(session, source_party=source, destination_party=end) for source, end in PAIRS)
            )
            return [handle.id for handle in handles]

        first = await all_pairs()
        assert len(set(first)) == len(PAIRS)
        assert await all_pairs() == first
        again = await ensure(session, source_party="site=hq", destination_party=Party.site("berlin"))
        assert again.id == first[0]


async def test_in_an_older_workspace() -> None:
    async with Sandbox() as box, box.session("admin", api_version="v1") as session:
        first = await ensure(session)
        assert first.job.name == "Daily"
        assert (await ensure(session)).id == first.id
