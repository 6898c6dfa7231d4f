"""The command line, ``accsyn-async`` and ``python -m accsyn_async``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from accsyn_async.extras import absent, advice

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments after the program's name; ``None`` is ``sys.argv[1:]``.

    Returns:
        The exit code: 0 done, 1 a job did not get done, 2 wrong usage, 3 cannot log
        in, 4 backend out of reach, 5 timed out, 130 interrupted.
    """
    if names := absent("cyclopts", "rich"):
        sys.stderr.write(f"accsyn-async: {advice('cli', *names)}\n")
        return 2
    try:
        from accsyn_async.cli.app import run

        return run(sys.argv[1:] if argv is None else list(argv))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
