"""Which parts there are, in which order, and what each needs: read from their files, none is imported."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import sys
from pathlib import Path

import msgspec

__all__ = ["ORDER", "PARTS", "ROOT", "Part", "discover", "importable", "missing", "program"]

ORDER = (
    *("find", "reading", "polls", "growth", "watches", "freshness", "naive"),
    *("importing", "specifications", "metrics", "sandbox"),
    *("page", "pages", "top", "mirror", "relay"),
)
"""How parts follow one another; those not named here come last, by name."""

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

PARTS = Path(__file__).resolve().parent / "parts"
"""Where the parts are."""

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Part(msgspec.Struct, frozen=True):
    """Something to be measured.

    Attributes:
        name: its module's name in ``benchmarks.parts``.
        title: a heading.
        about: what is measured, and against what.
        needs: modules and programs without which it cannot be.
    """

    name: str
    title: str
    about: str
    needs: tuple[str, ...] = ()


def discover(folder: Path = PARTS) -> list[Part]:
    """All parts in a folder, in their order.

    Raises:
        ValueError: a module lacks ``TITLE``, ``ABOUT`` or ``NEEDS``, or works one of them out.
    """
    names = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    first = [name for name in ORDER if name in names]
    return [_read(folder / f"{name}.py") for name in (*first, *sorted(names.difference(first)))]


def missing(part: Part) -> list[str]:
    """What a part needs and this machine does not have."""
    return [need for need in part.needs if not (importable(need) or program(need))]


def program(name: str) -> str | None:
    """Where a program is: by the variable of its name (``CHROMIUM``), beside this interpreter, on the path.

    Of ``chromium``, chrome will do as well.
    """
    said = os.environ.get(name.upper().replace("-", "_"))
    names = _BROWSERS if name == "chromium" else (name,)
    places = (str(Path(sys.executable).parent), None)
    found = (shutil.which(each, path=place) for each in names for place in places)
    return said or next(filter(None, found), None)


def importable(name: str) -> bool:
    """Whether there is a module of that name."""
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        # What it is in is not there.
        return False


def _read(path: Path) -> Part:
    said: dict[str, object] = {}
    for statement in ast.parse(path.read_text("utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in ("TITLE", "ABOUT", "NEEDS"):
                said[name.lower()] = ast.literal_eval(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in (
                "TITLE",
                "ABOUT",
                "NEEDS",
            ):
                said[name.lower()] = ast.literal_eval(value)
    if lacking := {"title", "about", "needs"} - said.keys():
        raise ValueError(f"{path.name} lacks {', '.join(sorted(lacking)).upper()}")
    return msgspec.convert({"name": path.stem, **said}, Part)
