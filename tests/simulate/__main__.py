"""``python -m tests.simulate``: see ``--help``."""

from __future__ import annotations

import sys

from tests.simulate.runner import main

if __name__ == "__main__":
    sys.exit(main())
