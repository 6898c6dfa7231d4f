"""Which jobs a query means, by what a relay publishes of them."""

from __future__ import annotations

import pytest

from accsyn_async import Job, JobFound, QueryError, Synced
from accsyn_async.relay.matching import PUBLISHED, Matcher
from accsyn_async.sandbox import Sandbox
from tests.support.watching import until

LISA = "6676f3e9c7ef4e27da254e57"
ROW = {
    "id": "6971e16fceadd67b955b1995",
    "name": "shot 010.mov",
    "code": "shot 010.mov",
    "status": "running",
    "progress": 45,
    "speed": 12.5,
    "etr": "0h:1m:30s",
    "size": 5_000_000_000,
    "created": "2026-01-22T08:35:59",
    "finished": "1970-01-01T00:00:00",
    "modified": "2026-01-22T09:00:00",
    "source": "workspace:ObjectId",
    "source_hr": "workspace:acme(5d91b33ac71c12871d1fc3c2)",
    "destination": f"user:{LISA}",
    "destination_hr": f"user:lisa@example.com[standard]({LISA})",
    "user": f"ObjectId:{LISA}",
    "user_hr": f"user:lisa@example.com[standard]({LISA})",
    "parent": "61fe3b2cf9dd7a0c5d4a9be1",
    "parent_hr": "queue:acme/medium(61fe3b2cf9dd7a0c5d4a9be1)",
    "metadata": {"take": 3, "lens": {"mm": 35}},
}


@pytest.mark.parametrize(
    "query",
    [
        "status=running",
        "status=Running AND NAME contains SHOT",
        "status in 'waiting,running'",
        "status not in 'done,aborted'",
        "status<>done",
        "progress>=45 AND progress<46",
        "size>4999999999",
        "speed>12",
        "id=6971e16fceadd67b955b1995",
        f"user={LISA}",
        "user=lisa@example.com",
        "user=LISA@*",
        f'user="user:lisa@example.com[standard]({LISA})"',
        "user_hr contains lisa",
        "destination=lisa@example.com",
        f"destination=user:{LISA}",
        f"destination={LISA}",
        "source=acme",
        "parent=medium OR parent=low",
        "parent=acme/medium",
        "created>2026-01-22 AND created<2026-01-23",
        "created>=2026-01-22T08:35:59",
        "finished<1971-01-01",
        'name matches "^shot [0-9]+"',
        "metadata.take=3 AND metadata.lens.mm>30",
        "metadata.nothing<>x",
        "(status=paused OR status=running) AND progress>1",
    ],
)
def test_it_is_meant(query: str) -> None:
    assert Matcher(query).holds(Job.from_row(ROW))


@pytest.mark.parametrize(
    "query",
    [
        "status=paused",
        "status!=running",
        "progress>45",
        "user=bob@example.com",
        "user!=lisa@example.com",
        "parent=high",
        "created>2026-01-23",
        "finished>1971-01-01",
        "name matches '^[0-9]+'",
        "metadata.take=4",
        "metadata.take.more=3",
        "status=running AND progress<1",
    ],
)
def test_it_is_not_meant(query: str) -> None:
    assert not Matcher(query).holds(Job.from_row(ROW))


def test_without_a_query_every_job_is_meant() -> None:
    assert Matcher(None).holds(Job.from_row({"id": "a"}))


def test_what_is_not_known_is_never_larger() -> None:
    job = Job.from_row({"id": "a"})
    assert not Matcher("size>0").holds(job)
    assert Matcher("created<1971-01-01").holds(job)
    assert not Matcher("user=lisa@example.com").holds(job)


@pytest.mark.parametrize(
    ("query", "position"),
    [("queue=medium", 0), ("status=running AND priority>5", 19), ("user.role=admin", 0)],
)
def test_what_is_not_published_cannot_be_asked_for(query: str, position: int) -> None:
    with pytest.raises(QueryError) as raised:
        Matcher(query)
    assert (raised.value.query, raised.value.position) == (query, position)
    assert "user_hr, parent, parent_hr" in raised.value.message
    assert "status" in PUBLISHED


@pytest.mark.parametrize("query", ["status=", "status running", "(status=running", 'name matches "("'])
def test_what_cannot_be_read(query: str) -> None:
    with pytest.raises(QueryError):
        Matcher(query)


def test_a_pattern_may_look_at_any_number_of_jobs() -> None:
    """What it costs is counted for each job, not for all that a watch sees in weeks."""
    matcher = Matcher('name matches "(x?.){40}END$"')
    characters = "".join(map(chr, range(0x4E00, 0x9000)))
    for at in range(0, len(characters), 30):
        assert not matcher.holds(Job.from_row({"id": "a", "name": characters[at : at + 30]}))


def test_a_pattern_that_is_too_much_work() -> None:
    matcher = Matcher('name matches "(x?.){300}END$"')
    job = Job.from_row({"id": "a", "name": "".join(map(chr, range(0x4E00, 0x4E00 + 600)))})
    for _ in range(2):
        with pytest.raises(QueryError, match="takes too long"):
            matcher.holds(job)


QUESTIONS = [
    *("status=paused", "name contains sh", "name=sh010.mov", "code=*.mov", "progress<1", "size<0"),
    *("user=admin@example.com", "user=standard@example.com", "destination=berlin", "destination<>berlin"),
    *("source=acme", "source=berlin", "parent=medium", "parent=acme/medium", "created>2020-01-01"),
    *("created<2020-01-01", "finished=1970-01-01T00:00:00", "finished>1970-01-01T00:00:00", "speed<0"),
    *("metadata.take>1", "metadata.take in '1,2'", "metadata.lens.mm=35", 'metadata.none=""', 'etr=""'),
    *("user_hr contains admin", "destination_hr=site*", "modified>2020-01-01", "id<>0", "parent_hr=queue*"),
]


async def test_the_same_jobs_are_meant_as_the_backend_means() -> None:
    async with Sandbox() as box, box.session() as session:
        for number, destination in enumerate(["site=berlin", "site=hq", "site=berlin"]):
            await session.create(
                "Transfer",
                {
                    "source": f"{'site=berlin:' if destination == 'site=hq' else ''}sh{number:02}0.mov",
                    "destination": destination,
                    "metadata": {"take": number, "lens": {"mm": 35 + number}},
                    "status": "paused",
                },
            )
        async with session.watch("Transfer") as watch:
            jobs = [event.job for event in await until(watch, Synced) if isinstance(event, JobFound)]
        assert len(jobs) == 3
        for query in QUESTIONS:
            found = await session.find(f"Transfer WHERE {query}")
            assert {job.id for job in jobs if Matcher(query).holds(job)} == {row["id"] for row in found}, (
                query
            )
