"""Import every module of the installed package: it can be, or says what to install.

Usage: ``python .ci/imports.py``, by the Python of an environment that holds the plain install.
"""

import importlib
import importlib.metadata
import sys
from pathlib import Path

import accsyn_async

SAYS = "pip install "


def main() -> int:
    """Try them, and name those that fail otherwise; 0 if there are none."""
    root = Path(accsyn_async.__file__).parent
    paths = [path.relative_to(root.parent).with_suffix("") for path in root.rglob("*.py")]
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
    told, faults = 0, []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            told += 1
            if SAYS not in str(error):
                faults.append(f"{name}: {error}")
        except Exception as error:
            faults.append(f"{name}: {error!r}")
    print(f"{len(names)} modules, {told} of which say what to install")
    print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
    files = importlib.metadata.files("accsyn-async") or []
    tops = {path.parts[0] for path in files if ".." not in path.parts}
    strange = tops - {"accsyn_async", f"accsyn_async-{accsyn_async.__version__}.dist-info"}
    if strange:
        print(f"beside the package there are {sorted(strange)}", file=sys.stderr)
    return 1 if faults or strange or not told else 0


if __name__ == "__main__":
    sys.exit(main())
