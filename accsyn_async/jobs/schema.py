"""A JSON schema of jobs, for editors: completion, descriptions, and what is wrong while it is written."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from accsyn_async.jobs.attributes import (
    ATTRIBUTES,
    HOOKS,
    MOST_PRIORITY,
    TASK_ATTRIBUTES,
    Attribute,
    Form,
    JobKind,
)
from accsyn_async.jobs.settings import SETTINGS

__all__ = ["job_schema"]

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def job_schema(kind: JobKind | None = None) -> Schema:
    """The JSON schema (draft 2020-12) of a job's JSON.

    It knows the form of values and the attributes there are; what takes looking at several of them
    together, such as the parties of a transfer, only ``validate()`` finds.

    Args:
        kind: the kind of job; ``None`` for any.

    Example::

        >>> job_schema("transfer")["properties"]["priority"]["maximum"]
        1000
    """
    return copy.deepcopy(_of_any() if kind is None else _of(kind))


def _of(kind: JobKind) -> Schema:
    return {"$schema": _DRAFT, **_object(kind), "$defs": _definitions([kind])}


def _of_any() -> Schema:
    tasks = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/transfer-task"}}
    return {
        "$schema": _DRAFT,
        "title": "A job of accsyn",
        "description": "A compute job names an engine, a delivery names recipients, a transfer neither.",
        "if": {"type": "array"},
        "then": tasks,
        "else": {
            "if": {"anyOf": [{"required": ["engine"]}, {"required": ["app"]}]},
            "then": {"$ref": "#/$defs/compute"},
            "else": {
                "if": {"required": ["recipients"]},
                "then": {"$ref": "#/$defs/delivery"},
                "else": {"$ref": "#/$defs/transfer"},
            },
        },
        "$defs": {
            **{one: _object(one) for one in ("transfer", "compute", "delivery")},
            **_definitions(["transfer", "compute", "delivery"]),
        },
    }


def _object(kind: JobKind) -> Schema:
    schema: Schema = {
        "title": f"A {kind}{' job' if kind == 'compute' else ''} of accsyn",
        "type": "object",
        "properties": {
            "$schema": {"type": "string"},
            **{name: _value(one, kind) for name, one in ATTRIBUTES[kind].items()},
        },
    }
    needs: list[Schema]
    if kind == "compute":
        needs = [{"required": ["engine"]}, {"required": ["app"]}]
    elif kind == "transfer":
        needs = [*_FILES, {"required": ["parent", "destination"]}]
    else:
        sent: Schema = {"required": ["recipients"], "properties": {"recipients": {"minItems": 1}}}
        draft = {"required": ["status"], "properties": {"status": {"const": "init"}}}
        needs = [draft, sent if kind == "request" else sent | {"anyOf": _FILES}]
    return schema | {"anyOf": needs}


def _definitions(kinds: list[JobKind]) -> Schema:
    found: Schema = {
        "settings": {
            "type": "object",
            "properties": {name: {"description": one.about, **one.schema} for name, one in SETTINGS.items()},
        }
    }
    for kind in kinds:
        if not TASK_ATTRIBUTES[kind]:
            continue
        task: Schema = {
            "type": "object",
            "properties": {name: _value(one, kind) for name, one in TASK_ATTRIBUTES[kind].items()},
        }
        found[f"{kind}-task"] = task if kind == "compute" else task | {"type": ["string", "object"]}
    return found


def _value(attribute: Attribute, kind: JobKind) -> Schema:
    return {"description": attribute.about, **_FORMS[attribute.form](attribute, kind)}


def _plain(schema: Mapping[str, Any]) -> Callable[[Attribute, JobKind], Schema]:
    return lambda attribute, kind: dict(schema)


def _tasks(attribute: Attribute, kind: JobKind) -> Schema:
    task = {"$ref": f"#/$defs/{kind}-task"}
    return {
        "type": ["array", "object"],
        "minItems": 1,
        "minProperties": 1,
        "items": task,
        "additionalProperties": {"anyOf": [task, {"type": ["string", "integer", "array"]}]},
    }


_FILES: Final[list[Schema]] = [{"required": ["source"]}, {"required": ["tasks"]}]
_TEXT: Final = {"type": "string"}
_OBJECT: Final = {"type": "object"}
_VARIABLES: Final = {"type": "object", "additionalProperties": {"type": "string"}}
_SETTINGS: Final = {"$ref": "#/$defs/settings"}
_PARAMETERS: Final = {
    "type": "object",
    "properties": {
        "input_conversion": {
            "description": "Whether paths in the input are rewritten.",
            "enum": ["always", "platform", "never", "auto"],
        },
        "arguments": {"description": "What the engine's program is started with, beside the usual."},
        "remote_os": {"description": "The system that it is submitted from."},
        "mapped_share_paths": {"description": "Local paths, and the shares that they are."},
        "site": {
            "description": "Settings by site; local is the computer that submits.",
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "settings": {
                        "type": "object",
                        "properties": dict.fromkeys(("download", "upload", "common"), _SETTINGS),
                        "additionalProperties": False,
                    }
                },
            },
        },
    },
}
_FORMS: Final[Mapping[Form, Callable[[Attribute, JobKind], Schema]]] = {
    Form.TEXT: _plain(_TEXT),
    Form.IDENT: _plain({**_TEXT, "minLength": 1}),
    Form.PLACE: _plain({**_TEXT, "minLength": 1}),
    Form.PRIORITY: _plain({"type": "integer", "minimum": 1, "maximum": MOST_PRIORITY}),
    Form.FLAG: _plain({"type": "boolean"}),
    Form.OBJECT: _plain(_OBJECT),
    Form.SETTINGS: _plain(_SETTINGS),
    Form.HOOKS: _plain({**_OBJECT, "propertyNames": {"examples": list(HOOKS)}}),
    Form.TASKS: _tasks,
    Form.TEXTS: _plain({"type": "array", "items": {**_TEXT, "minLength": 1}}),
    Form.RANGE: _plain({"type": ["string", "integer"]}),
    Form.FILTERS: _plain(_TEXT),
    Form.ENVS: _plain({**_OBJECT, "additionalProperties": {"anyOf": [_TEXT, _VARIABLES]}}),
    Form.PARAMETERS: _plain(_PARAMETERS),
    Form.COMPUTE: _plain({"type": "object", "properties": {"parameters": _PARAMETERS}}),
    Form.RECIPIENTS: _plain({"type": "array", "items": {"type": ["string", "object"]}}),
    Form.MOMENT: _plain(_TEXT),
    Form.STATUS: lambda attribute, kind: {"enum": list(attribute.states)},
}
