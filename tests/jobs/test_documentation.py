"""docs/specifications.md tells of every attribute and setting, in the words of the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import accsyn_async
from accsyn_async.jobs.attributes import ATTRIBUTES, TASK_ATTRIBUTES, Attribute, JobKind
from accsyn_async.jobs.settings import SETTINGS

TEXT = (Path(accsyn_async.__file__).parents[1] / "docs" / "specifications.md").read_text()


def rows(table: Mapping[JobKind, Mapping[str, Attribute]], kinds: int) -> list[str]:
    """A row for each attribute and each thing that it means."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    order: dict[str, None] = {}
    for kind, attributes in table.items():
        for name, attribute in attributes.items():
            order[name] = None
            found[name, attribute.about].append(kind)
    return [
        f"| `{name}` | {'all' if len(of) == kinds else ', '.join(of)} | {about.replace('<', chr(92) + '<')} |"
        for wanted in order
        for (name, about), of in found.items()
        if name == wanted
    ]


def test_every_attribute_and_setting_is_there() -> None:
    lines = TEXT.splitlines()
    expected = [
        *rows(ATTRIBUTES, 5),
        *rows(TASK_ATTRIBUTES, 4),
        *(f"| `{name}` | {setting.about} |" for name, setting in SETTINGS.items()),
    ]
    assert [line for line in expected if line not in lines] == []
    names = {line.split("`")[1] for line in lines if line.startswith("| `") and line.count("|") in (3, 4)}
    assert names >= {line.split("`")[1] for line in expected}
