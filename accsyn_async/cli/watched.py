"""Which jobs a command is to follow."""

from __future__ import annotations

from accsyn_async.errors import QueryError
from accsyn_async.models import is_entity_id

__all__ = ["watched"]


def watched(what: tuple[str, ...], command: str) -> str | list[str]:
    """What the arguments ask for: a query, or ids; all transfers when there are none.

    Args:
        what: the arguments.
        command: whose they are.

    Raises:
        QueryError: they are several, and not all of them ids.

    >>> watched(("Transfer WHERE status=running",), "top"), watched((), "top")
    ('Transfer WHERE status=running', 'Transfer')
    """
    if not what:
        return "Transfer"
    if all(map(is_entity_id, what)):
        return list(what)
    if len(what) == 1:
        return what[0]
    raise QueryError(
        f"{' '.join(what)!r} came as {len(what)} arguments, which are neither one query nor all ids; "
        f"quote the query: accsyn-async {command} 'Transfer WHERE status=running'"
    )
