"""What commands need beyond the command line itself."""

from __future__ import annotations

from accsyn_async.errors import ArgumentError
from accsyn_async.extras import absent, advice

__all__ = ["need"]


def need(extra: str, *modules: str) -> None:
    """Say what to install where something is missing.

    Args:
        extra: of this package.
        modules: which it brings.

    Raises:
        ArgumentError: one of them is not installed.
    """
    if names := absent(*modules):
        raise ArgumentError(advice(extra, *names))
