"""Plays calls with whichever official client is installed: ``python play.py PORT``, calls as JSON on stdin.

Run as a program of its own, as two versions of one package cannot be had in one process. It
prints, as JSON, the client's version and what each call returned.
"""

import json
import logging
import sys


def main() -> None:
    logging.disable(logging.CRITICAL)
    import accsyn_api

    session = accsyn_api.Session(proxy=f"127.0.0.1:{sys.argv[1]}", **json.loads(sys.argv[2]))
    returned = []
    for name, args, kwargs in json.load(sys.stdin):
        try:
            returned.append(getattr(session, name)(*args, **kwargs))
        except Exception as error:
            returned.append(f"{type(error).__name__}: {error}")
    json.dump({"version": session.__version__, "returned": returned}, sys.stdout, default=str)


main()
