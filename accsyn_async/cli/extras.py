"""What commands need beyond the command line itself."""

from __future__ import annotations

import importlib.util

from accsyn_async.errors import ArgumentError

__all__ = ["need"]


def need(extra: str, *modules: str) -> None:
    """Say what to install where something is missing.

    Args:
        extra: of this package.
        modules: which it brings.

    Raises:
        ArgumentError: one of them is not installed.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        are = "which is" if len(missing) == 1 else "which are"
        raise ArgumentError(
            f"this needs {' and '.join(missing)}, {are} not there: pip install 'accsyn-async[{extra}]'"
        )
