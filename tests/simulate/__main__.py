"""``python -m tests.simulate``: see ``--help``."""

from __future__ import annotations

import os
import sys

_HASHES = "PYTHONHASHSEED"


def _main() -> int:
    if os.environ.get(_HASHES) != "0":
        # Sets of ids are gone through in the order of their hashes: a seed must find it the same again.
        again = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, again, os.environ | {_HASHES: "0"})
    arguments = sys.argv[1:]
    if "--planted" in arguments:
        from tests.simulate.planted import PLANTED, plant

        at = arguments.index("--planted")
        name = arguments[at + 1] if at + 1 < len(arguments) else "list"
        if name == "list":
            sys.stdout.writelines(f"{name}: {bug.breaks}\n" for name, bug in PLANTED.items())
            return 0
        plant(name)
        del arguments[at : at + 2]
    from tests.simulate.runner import main

    return main(arguments)


if __name__ == "__main__":
    sys.exit(_main())
