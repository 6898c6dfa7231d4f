"""What a session can tell without asking the backend."""

from __future__ import annotations

import builtins
import socket
import sys
import warnings
import webbrowser
from collections.abc import Mapping, Sequence
from typing import Any

from accsyn_async.wire.codec import show

__all__ = ["LocalCalls"]

_DOCUMENTATION = "https://accsyn-python-api.readthedocs.io/en/latest/"


class LocalCalls:
    """Methods of the official client that ask nobody; they are not awaited."""

    @staticmethod
    def get_hostname() -> builtins.str:
        """The name of this computer."""
        return socket.gethostname()

    @staticmethod
    def dump(d: Mapping[builtins.str, Any] | Sequence[Any] | None, indent: int = 4) -> builtins.str:
        """Write a row as JSON, for people.

        Args:
            d: the row, or a list of them; ``None`` gives ``"None"``.
            indent: spaces a level.

        Raises:
            ArgumentError: something in it cannot be JSON.

        >>> from accsyn_async import Session
        >>> print(Session.dump({"name": "a.mov", "progress": 40}))
        {
            "name": "a.mov",
            "progress": 40
        }
        """
        return "None" if d is None else show(d, indent=indent)

    def help(self) -> None:
        """Say where the Python API is documented, and open that page in a browser."""
        sys.stdout.write(f"The Python API is documented at {_DOCUMENTATION}\n")
        webbrowser.open(_DOCUMENTATION)

    @staticmethod
    def str(d: Mapping[builtins.str, Any] | Sequence[Any] | None, indent: int = 4) -> builtins.str:
        """Deprecated: the old name of ``dump`` (official client before 3.2)."""
        warnings.warn("Session.str is deprecated, use Session.dump", DeprecationWarning, stacklevel=2)
        return LocalCalls.dump(d, indent=indent)
