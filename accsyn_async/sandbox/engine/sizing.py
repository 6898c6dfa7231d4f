"""Measuring what jobs are to transfer, before anything moves."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from accsyn_async.sandbox.files.storage import StorageError
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules import compute, deliveries
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.jobs import Job, Task

__all__ = ["reason", "size_up", "unmeasured"]

logger = logging.getLogger(__name__)


def unmeasured(job: Job) -> list[Task]:
    """The tasks of a job that are to be measured before it begins."""
    if job.kind == "compute":
        return []
    return [task for task in job.tasks.values() if task.size < 0 and task.status == "queued"]


async def size_up(delivery: Job, measure: Callable[[Job, Task], Awaitable[int]], clock: Clock) -> None:
    """Measure a delivery that was submitted, for its recipients too, then let it wait for them.

    Args:
        delivery: which.
        measure: tells the bytes of a task's source; what it raises fails the task.
        clock: the time.
    """
    for task in [task for task in delivery.counted() if task.status != "onhold"]:
        task.status, task.message = "pending", ""
        try:
            task.size = await measure(delivery, task)
        except Exception as error:
            task.status, task.message = "failed", reason(error)
    delivery.tally()
    for transfer in (one.transfer for one in delivery.recipients):
        if transfer is not None and transfer.status == "pending":
            for task in transfer.tasks.values():
                task.size = delivery.tasks[task.uri].size
            transfer.tally()
    if delivery.status == "pending":
        failed = any(task.status == "failed" for task in delivery.counted())
        delivery.status = "failed" if failed else "waiting"
        deliveries.settle(delivery, clock)


def reason(error: Exception) -> str:
    """What users are told of what failed a task."""
    if isinstance(error, (StorageError, OSError, compute.ComputeError, Refusal)):
        return str(error)
    logger.error("a transfer broke", exc_info=error)
    return "the sandbox failed; its log says why"
