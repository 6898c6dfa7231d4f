"""What JSON cannot hold, and what is no job."""

from __future__ import annotations

from accsyn_async.jobs.spec import ComputeSpec, TransferSpec
from tests.jobs.wrong import TRANSFER, Wrong, around, deep, twice

__all__ = ["NOT_JSON"]

NOT_JSON: list[Wrong] = [
    Wrong(
        "a list is no job",
        "transfer",
        ["share=projects/a.mov"],
        "error a list is no job; write a JSON object",
        form=True,
    ),
    Wrong(
        "a text is no job",
        "compute",
        "nuke",
        "error 'nuke' is no job; write a JSON object",
        form=True,
    ),
    Wrong(
        "nothing at all",
        "transfer",
        {},
        "error source: it is missing; write a source such as share=projects/a.mov, or tasks",
        form=True,
    ),
    Wrong(
        "a source alone in the wrong place",
        "transfer",
        {"job": {**TRANSFER}},
        "error source: it is missing; write a source such as share=projects/a.mov, or tasks",
        form=True,
    ),
    Wrong(
        "a number that is none",
        "transfer",
        {**TRANSFER, "metadata": {"fps": float("nan"), "gain": float("-inf")}},
        "error metadata.fps: nan is no JSON number; write a number, or null",
        "error metadata.gain: -inf is no JSON number; write a number, or null",
    ),
    Wrong(
        "a lone surrogate",
        "transfer",
        {**TRANSFER, "metadata": {"note": "a\ud800"}, "name": "\udfff"},
        "error metadata.note: the text 'a\\ud800' is no proper Unicode; remove the broken characters",
        "error name: the text '\\udfff' is no proper Unicode; remove the broken characters",
    ),
    Wrong(
        "a lone surrogate in a name",
        "transfer",
        {**TRANSFER, "metadata": {"\ud800": 1}},
        "error metadata['\\ud800']: the name '\\ud800' is no proper Unicode; remove the broken characters",
    ),
    Wrong(
        "what JSON has no type for",
        "transfer",
        TransferSpec("share=projects/a.mov", "site=berlin", metadata={"tags": {"a"}, "at": b"x"}),
        "error metadata.tags: 'set' is no type of JSON; write a text, a number, true, false, null, a list or an object",
        "error metadata.at: 'bytes' is no type of JSON; write a text, a number, true, false, null, a list or an object",
    ),
    Wrong(
        "a tuple in a document",
        "transfer",
        {"tasks": ("share=projects/a.mov",)},
        "error tasks: 'tuple' is no type of JSON; write a text, a number, true, false, null, a list or an object",
    ),
    Wrong(
        "a name that is no text",
        "transfer",
        {**TRANSFER, "metadata": {1: "one", None: 2}},
        "error metadata: the name 1 is no text; write names as texts",
        "error metadata: the name null is no text; write names as texts",
    ),
    Wrong(
        "a number beyond JSON",
        "transfer",
        {**TRANSFER, "priority": 10**5000},
        "error priority: it is too large for a number of JSON; write a smaller one, or a text",
    ),
    Wrong(
        "an object that holds itself",
        "transfer",
        around(),
        "error again: it holds itself; write what is meant out",
    ),
    Wrong(
        "a list that holds itself twice",
        "transfer",
        {**TRANSFER, "metadata": {"a": twice()}},
        "error metadata.a[0]: it holds itself; write what is meant out",
        "error metadata.a[1]: it holds itself; write what is meant out",
    ),
    Wrong(
        "a specification that holds itself",
        "compute",
        ComputeSpec("nuke", metadata=around()),
        "error it is nested too deeply, or holds itself; nest less",
    ),
    Wrong(
        "nested without need",
        "transfer",
        {**TRANSFER, "metadata": {"a": deep(100)}},
        "error metadata.a[0][0][0][0][0][0]: it is nested more than 60 deep; nest less",
    ),
]
