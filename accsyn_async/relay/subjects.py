"""The names that a relay uses on NATS: subjects, streams and buckets of a workspace. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["Names", "job_of", "token_of", "workspace_of"]

_ESCAPED: Final = re.compile(r"[^A-Za-z0-9-]")
_ESCAPE: Final = re.compile(r"_([0-9a-f]{2})")
_STATES: Final = re.compile(r"ACCSYN_(\w[\w-]*)_STATES", re.ASCII)


class Names(NamedTuple):
    """What a workspace's relay uses on NATS.

    Attributes:
        events: the stream of what happened for ever: found, changed status, finished …
        states: the stream of each job's latest state, and of the relay's health.
        lease: the key-value bucket in which the leader holds its lease.
        bookmarks: the key-value bucket in which durable watches keep where they are.
        every_event: the subject of the events of all jobs.
        every_state: the subject of the states of all jobs.
        health: the subject on which the leader tells how the backend is.
        term: the subject on which each leader says that it begins.
        command: the subject to ask the leader on.
    """

    events: str
    states: str
    lease: str
    bookmarks: str
    every_event: str
    every_state: str
    health: str
    term: str
    command: str

    @classmethod
    def of(cls, workspace: str) -> Names:
        """The names of a workspace.

        >>> names = Names.of("acme.film")
        >>> names.events, names.health
        ('ACCSYN_acme_2efilm_EVENTS', 'accsyn.acme_2efilm.health')
        >>> names.event("6971e16fceadd67b955b1995")
        'accsyn.acme_2efilm.jobs.6971e16fceadd67b955b1995.event'
        """
        token = token_of(workspace)
        return cls(
            events=f"ACCSYN_{token}_EVENTS",
            states=f"ACCSYN_{token}_STATES",
            lease=f"ACCSYN_{token}_LEASE",
            bookmarks=f"ACCSYN_{token}_BOOKMARKS",
            every_event=f"accsyn.{token}.jobs.*.event",
            every_state=f"accsyn.{token}.jobs.*.state",
            health=f"accsyn.{token}.health",
            term=f"accsyn.{token}.term",
            command=f"accsyn.{token}.command",
        )

    def event(self, ident: str) -> str:
        """The subject of a job's events."""
        return self.every_event.replace("*", token_of(ident))

    def state(self, ident: str) -> str:
        """The subject of a job's latest state."""
        return self.every_state.replace("*", token_of(ident))

    def holder(self, ident: str) -> str:
        """The subject on which a feed answers which durable watches it has open."""
        return f"{self.term.removesuffix('term')}holders.{token_of(ident)}"


def token_of(text: str) -> str:
    """A text as one token of a subject, which is a stream's and a bucket's name too.

    Letters, digits and ``-`` stand for themselves; any other byte is ``_`` and two hexadecimal digits.

    >>> token_of("acmefilm"), token_of("söze & co")
    ('acmefilm', 's_c3_b6ze_20_26_20co')
    """
    return _ESCAPED.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return "".join(f"_{byte:02x}" for byte in found[0].encode(errors="surrogatepass"))


def job_of(subject: str) -> str | None:
    """The token of the job that a subject is of; ``None`` for one that is of no job.

    >>> job_of("accsyn.acmefilm.jobs.6971e16fceadd67b955b1995.state")
    '6971e16fceadd67b955b1995'
    >>> job_of("accsyn.acmefilm.health") is None
    True
    """
    parts = subject.split(".")
    return parts[3] if len(parts) == 5 and parts[2] == "jobs" else None


def workspace_of(stream: str) -> str | None:
    """The workspace whose states a stream holds; ``None`` when it is no such stream.

    >>> workspace_of("ACCSYN_acme_2efilm_STATES")
    'acme.film'
    >>> workspace_of("ORDERS") is None
    True
    """
    found = _STATES.fullmatch(stream)
    if found is None:
        return None
    raw = _ESCAPE.sub(lambda byte: chr(int(byte[1], 16)), found[1])
    try:
        return raw.encode("latin-1").decode()
    except UnicodeDecodeError:
        return None
