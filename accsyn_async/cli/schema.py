"""``accsyn-async schema``."""

from __future__ import annotations

from accsyn_async.cli.json_rows import pretty_json
from accsyn_async.cli.output import Output
from accsyn_async.jobs.attributes import JobKind
from accsyn_async.jobs.schema import job_schema

__all__ = ["schema"]


def schema(kind: JobKind | None = None, /) -> int:
    """Print the JSON schema of job files, for editors.

    Args:
        kind: The kind of job; left out, what its attributes say.
    """
    Output().line(pretty_json(job_schema(kind), ascii_only=True))
    return 0
