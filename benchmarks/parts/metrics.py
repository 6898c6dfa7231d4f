"""What metrics cost: taking an event in, and a scrape, with 5,000 jobs; beside passes over all jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial

from accsyn_async import Job, JobChanged, JobFound, Session
from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.transport.traffic import ENTITIES, TrafficMeter
from benchmarks.figures import Effort, Figure, at_most, ratio, single, spread
from benchmarks.rounds import interleaved

TITLE = "Metrics"
ABOUT = (
    "The CPU of a scrape of a watch that knows 5,000 jobs, of which a tenth runs, against that with 50, and"
    " against what adding the jobs up at each scrape would cost in its place; and of counting events"
    " and requests as they come."
)
NEEDS = ("prometheus_client",)

JOBS = 5000
FEW = 50
ROUNDS = {"quick": 15, "full": 50}
AT = dt.datetime(2026, 1, 22, 12, 0, tzinfo=dt.UTC)
MOST = 200
"""Series that there may be, without those of single jobs."""
_PER_JOB = "With --per-job there are three series for each of 500 jobs at most, however many there are."
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


async def measure(effort: Effort) -> list[Figure]:
    """The cost of scrapes, of events and of requests; how many series there are."""
    session = Session("acme", "lisa@example.com", "key", url="http://127.0.0.1:1")
    board = Board()
    plain, per_job = Metrics(session, board), Metrics(session, board, per_job=True)
    for number in range(JOBS):
        found = JobFound(at=AT, job=job(number, 0))
        board.take(found, 0.0)
        plain.take(found)
        per_job.take(found)
    few = Metrics(session, Board())
    for number in range(FEW):
        few.take(JobFound(at=AT, job=job(number, 0)))
    meter = TrafficMeter()
    taken = interleaved(
        {
            "scrape": partial(_again, plain.exposition, 5),
            "few": partial(_again, few.exposition, 5),
            "open metrics": partial(_again, partial(plain.exposition, OPEN_METRICS), 5),
            "passes": partial(_again, lambda: (board.counts(), board.speed()), 5),
            "with jobs": per_job.exposition,
            "events": _events(plain),
            "requests": partial(_requests, meter),
        },
        ROUNDS[effort],
    )
    a_scrape = [took / 5 for took in taken["scrape"]]
    an_event = [took * 1000 / (2 * JOBS) for took in taken["events"]]
    a_request = [took * 1000 / (100 * len(ENTITIES)) for took in taken["requests"]]
    passes, few_jobs = "passes over all jobs", f"a scrape with {FEW} jobs"
    several = series(plain.exposition()[0])
    return [
        ratio(
            f"a scrape with {JOBS:,} jobs",
            taken["scrape"],
            taken["few"],
            against=few_jobs,
            bound=at_most(1.25),
            note="Whatever there are, the same series are written out.",
        ),
        ratio("a scrape", taken["scrape"], taken["passes"], against=passes),
        ratio("a scrape, OpenMetrics", taken["open metrics"], taken["passes"], against=passes),
        spread("a scrape, CPU", a_scrape, "ms"),
        spread("a scrape, 500 jobs by id, CPU", taken["with jobs"], "ms", note=_PER_JOB),
        spread("an event counted", an_event, "µs"),
        spread("a request counted", a_request, "µs"),
        single("series", several, "series", bound=at_most(MOST)),
        single(
            f"series with {JOBS:,} jobs",
            several / series(few.exposition()[0]),
            "×",
            against=f"series with {FEW} jobs",
            bound=at_most(1),
        ),
    ]


def job(number: int, progress: int) -> Job:
    """One of them; a tenth runs."""
    running = number % 10 == 0
    return Job.from_row(
        {
            "id": f"{number:024x}",
            "name": f"job{number}.mov",
            "status": "running" if running else "waiting",
            "progress": progress,
            "speed": 12.5 if running else -1.0,
            "size": 10_000_000 + number,
            "source": "workspace:5a4f71ef1da7ee15c5d43ae3",
            "destination": "site:5c5bf52a1da7ee0165105b85",
        }
    )


def series(exposition: bytes) -> int:
    r"""How many series are written out.

    >>> series(b"# HELP a b\n# TYPE a gauge\na{b=\"c\"} 1\na{b=\"d\"} 2\n")
    2
    """
    return sum(bool(line) and not line.startswith(b"#") for line in exposition.splitlines())


def _events(metrics: Metrics) -> Callable[[], object]:
    """Take in a change of each job, and another back to where it was."""
    states = [[job(number, progress) for number in range(JOBS)] for progress in (1, 2)]
    changes = [
        JobChanged(at=AT, job=new, previous=old, changes={})
        for pair in (states, states[::-1])
        for old, new in zip(*pair, strict=True)
    ]

    def take() -> None:
        for event in changes:
            metrics.take(event)

    return take


def _requests(meter: TrafficMeter) -> None:
    for _ in range(100):
        for entity in ENTITIES:
            meter.note("GET", f"{entity}/find", "ok", 0.02)


def _again(work: Callable[[], object], times: int) -> object:
    return [work() for _ in range(times)]
