"""What jobs and tasks are made of: their attributes, by kind (accsyn's specifications, pages and manual)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal, get_args

__all__ = [
    "ATTRIBUTES",
    "HOOKS",
    "KINDS",
    "MOST_PRIORITY",
    "TASK_ATTRIBUTES",
    "Attribute",
    "Form",
    "JobKind",
    "is_one_task",
    "kind_of",
]

JobKind = Literal["transfer", "compute", "delivery", "request", "stream"]
KINDS: Final[tuple[JobKind, ...]] = get_args(JobKind)

MOST_PRIORITY: Final = 1000
"""The highest priority; 1 is the lowest (accsyn's job specification)."""
HOOKS: Final = (
    "pre-submit-server",
    "pre-submit-client",
    "post-submit-server",
    "post-submit-client",
    "post-failed-server",
    "post-failed-client",
    "post-done-server",
    "post-done-client",
    "pre-publish-server",
    "publish-server",
)
"""The hooks that accsyn's manual lists."""


class Form(Enum):
    """What a value looks like."""

    TEXT = auto()
    IDENT = auto()
    PLACE = auto()
    PRIORITY = auto()
    FLAG = auto()
    OBJECT = auto()
    SETTINGS = auto()
    HOOKS = auto()
    TASKS = auto()
    TEXTS = auto()
    RANGE = auto()
    FILTERS = auto()
    ENVS = auto()
    PARAMETERS = auto()
    COMPUTE = auto()
    RECIPIENTS = auto()
    MOMENT = auto()
    STATUS = auto()


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a job or task.

    Attributes:
        form: what its value looks like.
        about: what it means, for people.
        states: the states that a new one can be given; empty where it is none.
    """

    form: Form
    about: str
    states: tuple[str, ...] = ()


_COMMON: Final[Mapping[str, Attribute]] = {
    "name": Attribute(Form.TEXT, "Its name; left out, that of the first file."),
    "code": Attribute(Form.TEXT, "The older name of name."),
    "description": Attribute(Form.TEXT, "What it is for."),
    "queue": Attribute(Form.IDENT, "Code or id of the queue that it joins."),
    "priority": Attribute(Form.PRIORITY, "1 (lowest) to 1000 (highest); mostly left to the queue."),
    "metadata": Attribute(Form.OBJECT, "Data of your own, which hooks are given."),
    "settings": Attribute(Form.SETTINGS, "Settings of this job alone; their values are texts."),
    "hooks": Attribute(Form.HOOKS, "Command lines that its servers run at certain moments."),
    "allow_duplicates": Attribute(Form.FLAG, "Whether a task that is there already is retried, or refused."),
    "replace_duplicates": Attribute(Form.FLAG, "Whether it takes the place of the one that is there."),
}
_TRANSFER_TASKS: Final = Attribute(Form.TASKS, "Its files and folders: a list, or an object by their uris.")
_PACKAGE: Final[Mapping[str, Attribute]] = {
    "recipients": Attribute(Form.RECIPIENTS, "The e-mail addresses of those who get it."),
    "message": Attribute(Form.TEXT, "What its recipients are told."),
    "expires": Attribute(Form.MOMENT, "When it ends by itself; by default after a month."),
    "status": Attribute(
        Form.STATUS, "init keeps it a draft; otherwise it is sent.", ("init", "pending", "waiting")
    ),
}
_JOB_STATUS: Final = Attribute(Form.STATUS, "paused keeps it from beginning.", ("waiting", "paused"))

ATTRIBUTES: Final[Mapping[JobKind, Mapping[str, Attribute]]] = {
    "transfer": {
        **_COMMON,
        "source": Attribute(Form.PLACE, "Who sends what: <party>:<path>."),
        "destination": Attribute(Form.PLACE, "Who receives it where: <party>:<path>; a folder ends with /."),
        "tasks": _TRANSFER_TASKS,
        "status": _JOB_STATUS,
        "parent": Attribute(Form.IDENT, "Id of the delivery whose files it downloads."),
        "append": Attribute(Form.FLAG, "Whether its tasks join a job of that name, when there is one."),
        "mirror": Attribute(Form.FLAG, "Whether paths are the same at both ends (older workspaces)."),
        "mirror_paths": Attribute(Form.FLAG, "Whether paths are the same at both ends (older workspaces)."),
    },
    "compute": {
        **_COMMON,
        "engine": Attribute(Form.IDENT, "Code or id of the engine that runs its tasks."),
        "app": Attribute(Form.IDENT, "The older name of engine."),
        "input": Attribute(Form.TEXT, "The file to be worked on."),
        "output": Attribute(Form.TEXT, "The folder that results are written to."),
        "range": Attribute(Form.RANGE, "The frames: 1001-1100, 4, 5-250x5, or several of these."),
        "filters": Attribute(Form.FILTERS, "Where it may run: ram:>32g,site:berlin."),
        "envs": Attribute(Form.ENVS, "Environment variables, all or by common, linux, mac and windows."),
        "parameters": Attribute(Form.PARAMETERS, "What the engine is told; site holds settings by site."),
        "compute": Attribute(Form.COMPUTE, "Parameters that all tasks have in common."),
        "dependencies": Attribute(Form.TEXTS, "Files that the input needs."),
        "tasks": Attribute(Form.TASKS, "Its items: a list, or an object by their uris; they can be nested."),
        "status": _JOB_STATUS,
        "append": Attribute(Form.FLAG, "Whether its tasks join a job of that name, when there is one."),
    },
    "delivery": {
        **_COMMON,
        **_PACKAGE,
        "tasks": Attribute(Form.TASKS, "Its files and folders: a list of their paths."),
        "source": Attribute(Form.PLACE, "Its file or folder, when it is one alone."),
    },
    "request": {
        **_COMMON,
        **_PACKAGE,
        "destination": Attribute(Form.PLACE, "The folder that its recipients upload to."),
    },
    "stream": {
        **_COMMON,
        **_PACKAGE,
        "tasks": Attribute(Form.TASKS, "Its files: a list of their paths."),
        "source": Attribute(Form.PLACE, "Its file, when it is one alone."),
    },
}
"""The attributes that a job of each kind is made with."""

_TASK: Final[Mapping[str, Attribute]] = {
    "uri": Attribute(Form.IDENT, "Its name within the job; left out, a number."),
    "status": Attribute(
        Form.STATUS, "excluded keeps it from being sent, onhold for now.", ("queued", "onhold", "excluded")
    ),
    "priority": Attribute(Form.PRIORITY, "1 (lowest) to 1000 (highest), within the job."),
    "metadata": Attribute(Form.OBJECT, "Data of your own, which hooks are given."),
    "settings": Attribute(Form.SETTINGS, "Settings of this task alone; their values are texts."),
    "description": Attribute(Form.TEXT, "What it is for."),
}
_FILE_TASK: Final[Mapping[str, Attribute]] = {
    **_TASK,
    "source": Attribute(Form.PLACE, "Who sends what: <party>:<path>."),
    "destination": Attribute(Form.PLACE, "Who receives it where: <party>:<path>; a folder ends with /."),
}

TASK_ATTRIBUTES: Final[Mapping[JobKind, Mapping[str, Attribute]]] = {
    "transfer": _FILE_TASK,
    "compute": {
        **_TASK,
        "compute": Attribute(Form.COMPUTE, "What it adds to the parameters of those around it."),
        "deps": Attribute(Form.TEXTS, "The tasks that it waits for, by uris from the top: shot/pickup."),
        "tasks": Attribute(Form.TASKS, "Tasks that are run in its stead."),
    },
    "delivery": {**_TASK, "source": Attribute(Form.PLACE, "Its file or folder.")},
    "request": {},
    "stream": {**_TASK, "source": Attribute(Form.PLACE, "Its file.")},
}
"""The attributes that a task of each kind of job is made with."""


def is_one_task(tasks: Mapping[str, object], kind: JobKind) -> bool:
    """Whether an object is a task itself, rather than tasks by their uris (accsyn's page on transfers).

    >>> is_one_task({"source": "a.mov"}, "transfer"), is_one_task({"0": {"source": "a.mov"}}, "transfer")
    (True, False)
    """
    known = TASK_ATTRIBUTES[kind]
    return any(name in known and not isinstance(value, Mapping) for name, value in tasks.items())


def kind_of(document: Mapping[str, object]) -> JobKind:
    """The kind of job that a document without one is, by its attributes.

    >>> kind_of({"engine": "nuke"}), kind_of({"recipients": []}), kind_of({"source": "a"})
    ('compute', 'delivery', 'transfer')
    """
    if document.get("engine") is not None or document.get("app") is not None:
        return "compute"
    return "transfer" if document.get("recipients") is None else "delivery"
