"""What ``from accsyn_async import Session`` costs, against ``import aiohttp``, each in fresh interpreters.

Run it as ``python benchmarks/importing.py``; README.md beside it says how to read the table.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

IMPORTS = {"aiohttp": "import aiohttp", "accsyn_async": "from accsyn_async import Session"}
ROUNDS = 40
ROOT = Path(__file__).parents[1]

_CODE = """
import time
began = time.process_time()
{statement}
print(time.process_time() - began)
"""


def main() -> None:
    """Measure and print."""
    times: dict[str, list[float]] = {module: [] for module in IMPORTS}
    for statement in IMPORTS.values():
        _import(statement)  # writes the bytecode
    for _ in range(ROUNDS):
        for module, taken in times.items():
            taken.append(_import(IMPORTS[module]))
    print(f"CPU of an import, ms: of {ROUNDS} fresh interpreters each")
    print(f"{'':>14}{'least':>10}{'median':>10}")
    for module, taken in times.items():
        print(f"{module:>14}{min(taken) * 1000:>10.1f}{statistics.median(taken) * 1000:>10.1f}")
    base, ours = times.values()
    least, median = min(ours) / min(base), statistics.median(ours) / statistics.median(base)
    print(f"{'ratio':>14}{least:>10.2f}{median:>10.2f}")


def _import(statement: str) -> float:
    """Seconds of CPU that an import takes, the interpreter's own start left out."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", _CODE.format(statement=statement)],
        env={**env, "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
