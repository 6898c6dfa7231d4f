"""What it costs to check a job before it is sent, beside writing and reading its JSON.

python benchmarks/specifications.py
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial

from accsyn_async import TaskSpec, TransferSpec
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.json_text import read_job_text


def cost(work: Callable[[], object]) -> float:
    """Seconds of CPU, the least of five runs."""
    times = []
    for _ in range(5):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def main() -> None:
    """Print a table."""
    names = ("to_json", "check", "a task", "json.dumps", "read text", "json.loads")
    print(f"{'tasks':>7} " + " ".join(f"{name:>10}" for name in names))
    for count in (1, 100, 1000, 10_000):
        spec = TransferSpec(
            tasks=[
                TaskSpec(f"share=projects/shots/sh{number:04d}/plate_v001.mov", "site=berlin", priority=500)
                for number in range(count)
            ]
        )
        document = spec.to_json()
        text = json.dumps(document, indent=1)
        assert check_job(document, "transfer", workspace="acme") == []
        figures = (
            cost(spec.to_json),
            check := cost(partial(check_job, document, "transfer", workspace="acme")),
            check / count,
            cost(partial(json.dumps, document)),
            cost(partial(read_job_text, text)),
            cost(partial(json.loads, text)),
        )
        print(f"{count:>7,}", *(f"{figure * 1000:>7.3f} ms" for figure in figures))


if __name__ == "__main__":
    main()
