"""Bugs, each planted by a patch of one module's source: the simulator must notice every one."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PLANTED", "Planted", "PlantedError", "plant"]


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug.

    Attributes:
        breaks: what goes wrong.
        module: where.
        text: what is replaced; it must occur exactly once.
        by: what takes its place.
        noticed: the invariants that it can break; the first complaint is of one of them.
        seeds: some that are known to notice it.
    """

    breaks: str
    module: str
    text: str
    by: str
    noticed: tuple[str, ...]
    seeds: tuple[int, ...] = ()


class PlantedError(Exception):
    """A bug cannot be planted: its text does not occur exactly once."""


def plant(name: str) -> Planted:
    """Plant a bug, before its module is imported.

    Raises:
        PlantedError: there is none of that name, its text is not there exactly once, or the module
            is imported already.
    """
    bug = PLANTED.get(name)
    if bug is None:
        raise PlantedError(f"no bug {name!r}; there are {', '.join(PLANTED)}")
    if bug.module in sys.modules:
        raise PlantedError(f"{bug.module} is imported already")
    sys.meta_path.insert(0, _Finder(name, bug))
    return bug


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, bug: Planted) -> None:
        self._name = name
        self._bug = bug

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._bug.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None:
            return None
        return importlib.util.spec_from_loader(
            fullname, _Loader(fullname, spec.origin, self._name, self._bug), origin=spec.origin
        )


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, name: str, bug: Planted) -> None:
        super().__init__(fullname, path)
        self._name = name
        self._bug = bug

    def get_code(self, fullname: str) -> types.CodeType:
        source = self.get_data(self.path).decode()
        found = source.count(self._bug.text)
        if found != 1:
            raise PlantedError(
                f"{self._name}: its text occurs {found} times in {fullname}, not once:\n{self._bug.text}"
            )
        return compile(source.replace(self._bug.text, self._bug.by), self.path, "exec")


_LEDGER = "accsyn_async.monitor.ledger"
_LISTER = "accsyn_async.monitor.lister"
_POLLER = "accsyn_async.monitor.poller"
_MAILBOX = "accsyn_async.monitor.mailbox"
_LIMITER = "accsyn_async.transport.limiter"
_RETRY = "accsyn_async.transport.retry"
_CHECKPOINT = "accsyn_async.monitor.checkpoint"
_HERALD = "accsyn_async.monitor.herald"

PLANTED = {
    "vanished-is-done": Planted(
        "a job that has left its list counts as finished",
        _LISTER,
        "        missing, by_list = await self._ask_for(asked)\n",
        "        missing, by_list = await self._ask_for(asked)\n"
        "        for ident in [*missing, *doubtful]:\n"
        "            life = self._herald.ledger.lives.get(ident)\n"
        "            if life is not None and life.job is not None and not life.ended:\n"
        "                life.ended = True\n"
        "                from accsyn_async.monitor.herald import _Notice\n"
        "                groups = tuple(self._herald.audience.member_of.get(ident, ()))\n"
        "                end = self._herald.ledger.finished(life, self._herald.at)\n"
        "                self._herald._outbox.append(_Notice(end, groups))\n",
        ("end-true",),
        (2,),
    ),
    "hundred-is-done": Planted(
        "the end is told at 100 %",
        _LEDGER,
        "        ends = status is _DONE or status is _ABORTED\n",
        "        ends = status is _DONE or status is _ABORTED or job.progress == 100\n",
        ("end-true", "order", "end-once", "wait", "runs", "missed"),
        (2,),
    ),
    "suspect-dropped": Planted(
        "a suspect is forgotten when its lookup fails",
        _POLLER,
        "            self._failed_by(error, apart)\n",
        "            self._failed_by(error, apart)\n"
        "            for ident in self._lister.following:\n"
        "                if ident in self._herald.ledger.lives:\n"
        "                    self._herald.ledger.lives[ident].ended = True\n",
        ("missed", "order", "runs", "removed"),
        (1,),
    ),
    "removed-at-once": Planted(
        "a job counts as removed after one lookup in vain",
        _LEDGER,
        "        return now - self._missed_at >= REMOVED_AFTER\n",
        "        return True\n",
        ("removed",),
        (4,),
    ),
    "empty-list-believed": Planted(
        "a list that is suddenly empty is believed, and its jobs are gone",
        _LISTER,
        "        jobs = await group.listing.ask(\n",
        "        from accsyn_async.wire.rows import JobReader\n"
        "        empty = await self._finder.ask(self._finder.find(group.expression), JobReader())\n"
        "        for ident in [] if empty.jobs else list(group.present):\n"
        "            self._herald.gone(self._herald.ledger.life(ident))\n"
        "        jobs = await group.listing.ask(\n",
        ("removed", "order"),
        (3,),
    ),
    "end-told-twice": Planted(
        "an end that is seen again is told again",
        _LEDGER,
        "            if ends and known is not None and known.is_same_end(job):\n                return []\n",
        "            if ends and known is not None and known.is_same_end(job):\n"
        "                return [self.finished(life, at)]\n",
        ("end-once", "order", "found"),
        (4,),
    ),
    "run-not-counted": Planted(
        "a job that comes back to life stays in its old run",
        _LEDGER,
        "        self.run += 1\n",
        "        self.run += 0\n",
        ("runs", "found"),
        (4,),
    ),
    "end-id-of-observer": Planted(
        "an end's id holds the time of observation",
        _LEDGER,
        '        when = format_time(job.finished) if job.finished else f"run-{run}"\n',
        '        when = f"run-{run}"\n',
        ("end-true",),
        (0,),
    ),
    "merged-across-status": Planted(
        "waiting changes are merged across a change of status",
        _MAILBOX,
        "        if crosses_status and not self._is_full:\n",
        "        if crosses_status and len(self) < 0:\n",
        ("merged",),
        (4,),
    ),
    "end-merged-away": Planted(
        "an end takes the place of the change that waits before it, and is lost with it",
        _MAILBOX,
        "            self._put_tail(event, self._append(event))\n",
        "            if type(event).__name__ == 'JobFinished' and len(self) > 3:\n"
        "                return\n"
        "            self._put_tail(event, self._append(event))\n",
        ("merged", "missed", "order"),
        (2,),
    ),
    "first-old-value-lost": Planted(
        "merged changes show the last old value",
        "accsyn_async.monitor.diff",
        "        merged[field] = (first[field][0] if field in first else old, new)\n",
        "        merged[field] = (old, new)\n",
        ("merged",),
        (2,),
    ),
    "wake-lost": Planted(
        "a consumer that waits is not woken by an event",
        _MAILBOX,
        "        if self._waiter is not None and not self._waiter.done():\n"
        "            self._waiter.set_result(None)\n",
        "        if self._waiter and not self._waiter.done() and (self._closed or self._seq % 7):\n"
        "            self._waiter.set_result(None)\n",
        ("missed", "merged"),
        (0,),
    ),
    "aborted-is-success": Planted(
        "a wait returns an aborted job as done",
        "accsyn_async.monitor.wait",
        "        if job.status is not JobStatus.DONE:\n",
        "        if not job.is_finished:\n",
        ("wait",),
        (14,),
    ),
    "wait-ends-at-old-end": Planted(
        "a wait takes what the ledger remembers for what is",
        _LISTER,
        "        for subscription in audience.joining:\n            # A job that had ended may",
        "        for subscription in ():\n            # A job that had ended may",
        ("wait", "found", "missed"),
        (66,),
    ),
    "list-not-taken-in": Planted(
        "a list is read and, when the second asking fails, not taken in",
        "accsyn_async.monitor.listing",
        "            again = await self._once(ask, call)\n"
        "        except BaseException:\n"
        "            self.reset()\n"
        "            raise\n",
        "            again = await self._once(ask, call)\n        except BaseException:\n            raise\n",
        ("missed", "order"),
        (188, 576, 3366),
    ),
    "create-sent-again": Planted(
        "a create is sent again after its answer was lost",
        _RETRY,
        "        case _ if effect is Effect.CHANGE:\n            return _FATAL\n",
        "        case _ if effect is Effect.CHANGE:\n            return _PASSING\n",
        ("create-once",),
        (5,),
    ),
    "login-for-each": Planted(
        "each caller that meets an expired session logs in by itself",
        "accsyn_async.transport.login",
        "        if self._grant is not None and self._grant.generation > stale:\n"
        "            return self._grant\n",
        "        if self._grant is not None and self._grant.generation > stale + 1:\n"
        "            return self._grant\n",
        ("login-single",),
        (40,),
    ),
    "throttle-ignored": Planted(
        "a 429 does not empty the bucket",
        "accsyn_async.transport.pipeline",
        "        if failure.kind is FailureKind.THROTTLED:\n            self._limiter.drain(",
        "        if failure.kind is None:\n            self._limiter.drain(",
        ("retry-after",),
        (1,),
    ),
    "retry-after-ignored": Planted(
        "the time that a 429 asks for is not read",
        "accsyn_async.wire.reply",
        '    text = headers.get("retry-after", "").strip()\n',
        '    text = ""\n',
        ("retry-after",),
        (1,),
    ),
    "turn-lost": Planted(
        "a caller that is cancelled at the head of the limiter's queue wakes nobody",
        _LIMITER,
        "                if self._queue:\n                    self._queue[0].first.set()\n",
        "                if self._queue and asyncio.current_task().cancelling() == 0:\n"
        "                    self._queue[0].first.set()\n",
        ("missed", "left-behind", "crash", "weather"),
        (244, 1319, 2388),
    ),
    "limit-ignored": Planted(
        "the bucket refills ten times too fast",
        _LIMITER,
        "self._tokens + (now - since) * self._limit.per_second)\n",
        "self._tokens + (now - since) * 250)\n",
        ("rate",),
        (20,),
    ),
    "polls-on": Planted(
        "polling goes on after the last watch has left",
        _POLLER,
        "        return not self._audience\n",
        "        return False\n",
        ("stops", "left-behind"),
        (3,),
    ),
    "ledger-kept": Planted(
        "jobs that nobody watches any more are kept",
        "accsyn_async.monitor.herald",
        "            self.tasks.forget(ident)\n            self.ledger.forget(ident)\n",
        "            self.tasks.forget(ident)\n",
        ("left-behind",),
        (0,),
    ),
    "never-recovered": Planted(
        "Recovered is not told",
        "accsyn_async.monitor.subscription",
        "            if not self._troubles:\n                self.mailbox.put(event)\n\n    def offer",
        "            if not self._troubles:\n                self._troubles = ()\n\n    def offer",
        ("weather",),
        (4,),
    ),
    "time-turned-back": Planted(
        "a list that comes late is taken for the newest",
        "accsyn_async.monitor.finder",
        "life.job is not None and asked < life.seen_at:\n",
        "life.job is not None and asked < 0:\n",
        ("order", "merged", "runs", "end-once"),
        (245,),
    ),
    "used-before-asked": Planted(
        "an end counts as used as soon as it is handed out",
        _CHECKPOINT,
        "        self._handed_out = event\n",
        "        self._handed_out = event\n        if self.used():\n            self._save_soon()\n",
        ("end-kept", "found"),
        (74,),
    ),
    "end-handed-out-first": Planted(
        "an end is handed out before it is written down",
        _CHECKPOINT,
        "        if first or isinstance(event, JobFinished | JobRemoved):\n            await self._save()\n",
        "        if first:\n            await self._save()\n",
        ("end-written",),
        (0,),
    ),
    "end-never-crossed-out": Planted(
        "an end that was used is not crossed out",
        _CHECKPOINT,
        "            self._dirty[text.owed_key(event)] = None\n",
        "",
        ("end-repeated", "writes"),
        (0,),
    ),
    "written-too-often": Planted(
        "a checkpoint is written down five times a second",
        _CHECKPOINT,
        "_PAUSE = 1.0\n",
        "_PAUSE = 0.2\n",
        ("writes",),
        (0,),
    ),
    "away-ignored": Planted(
        "what ended while a watch was away is not asked for",
        "accsyn_async.monitor.recollection",
        "        oldest = self.since - slack\n",
        "        oldest, ends = self.since - slack, ()\n",
        ("missed", "end-kept"),
        (2,),
    ),
    "lives-forgotten-at-restart": Planted(
        "how often a job has lived is forgotten across restarts",
        _LEDGER,
        "            self._past[ident] = past\n        elif",
        "            self._past[ident] = past._replace(run=0)\n        elif",
        ("runs", "found", "end-repeated"),
        (26, 45),
    ),
    "hung-list-waited-for": Planted(
        "a list that hangs is waited for",
        _POLLER,
        "            await asyncio.wait(started, timeout=self._patience / 3)\n",
        "            await asyncio.wait(started)\n",
        ("held-up",),
        (1384,),
    ),
    "capped-list-believed": Planted(
        "a list that lacks what is active is not doubted, and its jobs are looked up at each poll",
        _LISTER,
        "        for ident in idents - self._apart:\n",
        "        idents = set()\n        for ident in idents:\n",
        ("lookups",),
        (286,),
    ),
    "change-told-to-all": Planted(
        "a change is told to watches that are about other fields",
        "accsyn_async.monitor.narrowing",
        "            names = WATCHED if fields is None else fields\n",
        "            names = WATCHED\n",
        ("fields",),
        (9,),
    ),
    "status-not-numbered": Planted(
        "a change of status is not found out when nobody watches it, and numbers no event",
        "accsyn_async.monitor.audience",
        'tuple(dict.fromkeys(["status", *(',
        "tuple(dict.fromkeys([*(",
        ("numbers",),
        (9,),
    ),
    "tasks-told-to-all": Planted(
        "changes of tasks are told to who did not ask for them",
        _HERALD,
        "            return [each for each in those if each.selection.tasks]\n",
        "            return list(those)\n",
        ("fields",),
        (3,),
    ),
    "tasks-not-asked-for-again": Planted(
        "the tasks of a job are asked for once",
        "accsyn_async.monitor.task_books",
        "            if changed or status is JobStatus.RUNNING:\n",
        "            if book is None:\n",
        ("tasks", "missed"),
        (5,),
    ),
    "return-not-asked-for": Planted(
        "jobs of several ids that have ended are not asked for again",
        _LISTER,
        "            await self._revisit()\n",
        "",
        ("missed",),
        (137,),
    ),
    "newcomer-told-of-a-return": Planted(
        "who came after an end is told that the job lives again, and not that it is there",
        _HERALD,
        "        return subscription.joined > self.moves and subscription in self.group.subscribers\n",
        "        return False\n",
        ("found",),
        (64,),
    ),
    "removed-id-followed": Planted(
        "a job that was taken out of a watch is followed on its behalf",
        _POLLER,
        "        self._herald.drop(subscription, gone)\n",
        "",
        ("found", "left-behind"),
        (20,),
    ),
    "until-ignored": Planted(
        "a wait for a state goes on until the end",
        "accsyn_async.monitor.wait",
        "    if goal is not None and goal.reached(job):\n",
        "    if goal is not None and job.is_finished and goal.reached(job):\n",
        ("missed", "wait", "held-up"),
        (158,),
    ),
    "stall-not-told": Planted(
        "a job that gets nowhere is not told",
        _HERALD,
        "        for ident in self._stalls.due(self.now, after, self._confirmed):\n",
        "        for ident in ():\n",
        ("missed",),
        (398,),
    ),
    "stall-told-early": Planted(
        "a job is called stalled after half the time",
        _HERALD,
        "self._stalls.due(self.now, after, self._confirmed)",
        "self._stalls.due(self.now, after / 2, self._confirmed)",
        ("stalled",),
        (2,),
    ),
}
"""By name."""
