"""Every job of accsyn's own documents, and every call on one, and what is expected of it.

The documents: ``000`` how the older API works with jobs, ``001`` how the API does, ``002`` the older
specification of jobs, ``003`` the older API, ``004`` the specification of jobs. Some snippets are broken: a
trailing comma, ``C:\\Users`` in JSON, Python's quotes. What is answered to them is in
``tests/test_models.py``.
"""

from __future__ import annotations

from tests.jobs.example import Lost
from tests.jobs.seed_calls import CALLS
from tests.jobs.seed_jobs import BRACE, JOBS

__all__ = ["CALLS", "EXAMPLES", "JOBS", "LOST"]

EXAMPLES = (*JOBS, *CALLS)

EARLY = "line 1, column 2: it ends too early; a bracket or brace is not closed"
LOST = (
    Lost("000", "{", EARLY, "a download, paused"),
    Lost("000", "{\n}", "it holds no job; write an object, or a list of tasks", "a file joins a download"),
    Lost(
        "000",
        "[{\n\n\n\n}]",
        "this job: tasks[0].source: it is missing; write a source such as share=projects/a.mov",
        "a task is put on hold",
    ),
    Lost("003", "{", EARLY, "resume"),
    Lost("002", '"code":"My download",', f"line 1, column 1: {BRACE}", "from two shares"),
    Lost("002", '"code":"Daily backup",', f"line 1, column 1: {BRACE}", "a backup, in buckets"),
)
