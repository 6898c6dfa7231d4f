"""Asking for the tasks of jobs that somebody watches with them."""

from __future__ import annotations

import logging

from accsyn_async.errors import BackendError, NotFoundError, PermissionDeniedError, QueryError
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.listing import Ask
from accsyn_async.wire.message import Call
from accsyn_async.wire.task_rows import read_tasks

__all__ = ["TaskLister"]

logger = logging.getLogger("accsyn_async.monitor")

_IN_A_POLL = 8
"""Jobs whose tasks are asked for in one poll, at most: each takes a request."""


class TaskLister:
    """Asks for tasks, and hands on what changed.

    Args:
        ask: makes a call and reads the reply.
        herald: takes note.
    """

    def __init__(self, ask: Ask, herald: Herald) -> None:
        self._ask = ask
        self._herald = herald

    async def ask(self) -> None:
        """Ask for the tasks of some of the jobs whose tasks are watched.

        Raises:
            AccsynError: it was not answered.
        """
        herald, audience = self._herald, self._herald.audience
        if not audience.tasked:
            return
        wanted: set[str] = set()
        for subscription in audience.tasked:
            wanted.update(subscription.followed)
            if subscription.selection.ids is None:
                wanted |= audience.groups[subscription.selection.expression].members
        for ident in herald.tasks.due(wanted, _IN_A_POLL):
            try:
                tasks = await self._ask(Call("GET", "task/find", {"parent": ident}), read_tasks)
            except (NotFoundError, PermissionDeniedError, QueryError) as error:
                logger.debug("the tasks of %s are not told: %s", ident, error.message)
                tasks = []
            except BackendError as error:
                if error.temporary:
                    raise
                logger.debug("the tasks of %s are not told: %s", ident, error.message)
                tasks = []
            for event in herald.tasks.take(ident, tasks, herald.at):
                herald.observe_task(event)
