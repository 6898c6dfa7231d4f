"""A whole collection as the source of a task: a task for each file and folder that it shows.

So it is for transfers and for what they are appended to, for deliveries and streams. The destination is a
folder, with a slash or without. Without a path each file is mirrored to where it really lies. What was sent
with the task (uri, status, priority, metadata, settings, description) is that of each; the uri is followed by
the name that the collection shows. What it shows later changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules.drafts import MAX_TASKS, Draft
from accsyn_async.sandbox.rules.places import Resolver
from accsyn_async.sandbox.state.jobs import End

__all__ = ["generated_name", "spread"]


def generated_name(draft: Draft, start: End) -> str:
    """The name of a job that was sent without one, by its first task and where that one's source lies."""
    if draft.whole:
        return draft.whole
    if start.parts:
        return start.parts[-1]
    return start.share.code if start.share is not None else start.path


def spread(resolver: Resolver, drafts: Iterable[Draft]) -> list[Draft]:
    """The tasks with those for a whole collection as several.

    Raises:
        Refusal: a source cannot be read, a collection shows nothing or may not be read, or the tasks are too
            many.
    """
    found: list[Draft] = []
    for draft in drafts:
        whole = resolver.whole(draft.source)
        if whole is None:
            found.append(draft)
            continue
        code, names = whole
        if len(found) + len(names) > MAX_TASKS:
            raise Refusal("E#J009", f"A job can have {MAX_TASKS} tasks at most.")
        folder = draft.source.strip().rstrip("/\\")
        for name in names:
            uri = None if draft.uri is None else f"{draft.uri}/{name}"
            found.append(replace(draft, uri=uri, source=f"{folder}/{name}", whole=code))
    return found
