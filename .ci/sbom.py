"""Say what an installation holds, as a CycloneDX bill of materials.

Usage: ``python .ci/sbom.py ENVIRONMENT VERSION FILE``: of a virtual environment without pip, in which this
package and what it needs are installed; VERSION is this package's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

NAME = "accsyn-async"


def main(environment: str, version: str, path: str) -> int:
    """Write it, and look whether it is one.

    Returns:
        0; 1 where it is not valid, or not whole.
    """
    command = [sys.executable, "-m", "cyclonedx_py", "environment", environment]
    command += [
        "--pyproject",
        "pyproject.toml",
        "--mc-type",
        "library",
        "--output-reproducible",
        "--spec-version",
        "1.6",
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    bill = json.loads(done.stdout)
    # The version stands in the package itself, where cyclonedx-py does not look.
    bill["metadata"]["component"] |= {"version": version, "purl": f"pkg:pypi/{NAME}@{version}"}
    text = json.dumps(bill, indent=2, sort_keys=True) + "\n"
    faults = list(faults_of(bill, text))
    for fault in faults:
        print(f"{path}: {fault}", file=sys.stderr)
    Path(path).write_text(text)
    print(f"{path}: {len(bill['components'])} components")
    return 1 if faults else 0


def faults_of(bill: dict[str, Any], text: str) -> list[str]:
    """What is wrong with a bill of materials, in words.

    Args:
        bill: it.
        text: the same, as it is written.
    """
    faults = []
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is not None:
        faults.append(f"is not CycloneDX 1.6: {error}")
    known = {component["bom-ref"] for component in bill["components"]}
    needs = {entry["ref"]: set(entry.get("dependsOn", ())) for entry in bill["dependencies"]}
    reached: set[str] = set()
    ahead = [bill["metadata"]["component"]["bom-ref"]]
    while ahead:
        reference = ahead.pop()
        new = needs.get(reference, set()) - reached
        reached |= new
        ahead += new
    faults += [f"{reference} is needed, and not described" for reference in sorted(reached - known)]
    faults += [f"{reference} is there, and nothing needs it" for reference in sorted(known - reached)]
    if "file:" in text:
        faults.append("names a file of this machine")
    return faults


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
