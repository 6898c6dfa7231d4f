"""What ``from accsyn_async import Session`` costs, against ``import aiohttp``, each in fresh interpreters."""

from __future__ import annotations

import random
import subprocess
import sys

from benchmarks.figures import Effort, Figure, at_most, ratio, spread
from benchmarks.processes import environment

TITLE = "Imports"
ABOUT = (
    "The CPU of `from accsyn_async import Session`, each in a fresh interpreter, whose own start is not"
    " counted. Against `import aiohttp`, which most of it is."
)
NEEDS = ("aiohttp",)

IMPORTS = {"aiohttp": "import aiohttp", "session": "from accsyn_async import Session"}
ROUNDS = {"quick": 8, "full": 40}

_CODE = """
import time
began = time.process_time()
{statement}
print(time.process_time() - began)
"""


async def measure(effort: Effort) -> list[Figure]:
    """The cost of the import, and of the other."""
    taken: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for statement in IMPORTS.values():
        _import(statement)  # writes the bytecode
    order, dice = list(IMPORTS), random.Random(1)
    for _ in range(ROUNDS[effort]):
        dice.shuffle(order)
        for name in order:
            taken[name].append(_import(IMPORTS[name]))
    return [
        ratio(
            "import of a Session",
            taken["session"],
            taken["aiohttp"],
            against="import aiohttp",
            bound=at_most(1.6),
        ),
        spread("import of a Session, CPU", taken["session"], "ms"),
    ]


def _import(statement: str) -> float:
    """Milliseconds of CPU that an import takes."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE.format(statement=statement)],
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout) * 1000
