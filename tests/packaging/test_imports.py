"""Every module can be imported by the Python that runs this, which has nothing to say against any."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import accsyn_async

PACKAGE = Path(accsyn_async.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
CODE = r"""
import importlib, sys, warnings
warnings.filterwarnings("error", module=r"accsyn_async(\.|$)")
for name in sys.stdin.read().split():
    importlib.import_module(name)
"""


def test_every_module_can_be_imported() -> None:
    paths = [path.relative_to(PACKAGE.parent).with_suffix("") for path in SOURCES]
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    assert len(names) > 400
    done = subprocess.run([sys.executable, "-c", CODE], input=" ".join(names), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_module_compiles_without_a_warning() -> None:
    for path in SOURCES:  # a warning is an error here; one that is compiled already would not be told
        compile(path.read_text(), str(path), "exec", dont_inherit=True)
