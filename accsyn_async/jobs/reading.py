"""Specifications from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from accsyn_async.errors import ArgumentError
from accsyn_async.jobs.attributes import KINDS, JobKind, kind_of
from accsyn_async.jobs.json_text import read_job_text
from accsyn_async.jobs.spec import (
    ComputeSpec,
    DeliverySpec,
    JobSpec,
    RequestSpec,
    StreamSpec,
    TransferSpec,
)

__all__ = ["checked_kind", "read_spec", "spec_from_json"]

_SPECS: Final[Mapping[JobKind, type[JobSpec]]] = {
    "transfer": TransferSpec,
    "compute": ComputeSpec,
    "delivery": DeliverySpec,
    "request": RequestSpec,
    "stream": StreamSpec,
}


def read_spec(content: str | bytes, kind: JobKind | None = None) -> JobSpec:
    """Read a specification from JSON.

    Args:
        content: the JSON, an object or a list of tasks; bytes are UTF-8.
        kind: the kind of job; ``None`` for a compute job when it names an engine, a delivery when it
            names recipients, and a transfer otherwise.

    Raises:
        SpecificationError: it is no JSON; the message says in which line and column.
        ArgumentError: there is no such kind of job.

    Example::

        >>> read_spec('{"source": "share=projects/a.mov", "destination": "site=berlin"}').validate()
        []
        >>> read_spec('{"engine": "nuke", "range": "1-10"}').kind
        'compute'
    """
    return spec_from_json(read_job_text(content).document, kind)


def spec_from_json(document: Mapping[str, Any], kind: JobKind | None = None) -> JobSpec:
    """The specification that a JSON object is; ``to_json()`` gives the same object again.

    Raises:
        ArgumentError: there is no such kind of job.

    Example::

        >>> spec_from_json({"source": "a.mov", "destination": "site=berlin", "rush": True}).extra
        {'rush': True}
    """
    return _SPECS[kind_of(document) if kind is None else checked_kind(kind)].from_json(document)


def checked_kind(kind: str) -> JobKind:
    """A kind of job, in any case, or by the old name of a transfer.

    Raises:
        ArgumentError: there is no such kind of job.

    >>> checked_kind("Transfer"), checked_kind("job")
    ('transfer', 'transfer')
    """
    given: object = kind
    name = given.strip().lower() if isinstance(given, str) else None
    for known in KINDS:
        if name == known or (name == "job" and known == "transfer"):
            return known
    raise ArgumentError(f"a kind of job is one of {', '.join(KINDS)}, not {kind!r}")
