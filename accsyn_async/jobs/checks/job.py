"""Checks the JSON of a whole job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from accsyn_async.errors import NotationError
from accsyn_async.jobs.attributes import ATTRIBUTES, KINDS, TASK_ATTRIBUTES, JobKind, is_one_task
from accsyn_async.jobs.checks.deps import check_deps
from accsyn_async.jobs.checks.ends import Ends, check_ends, read_end
from accsyn_async.jobs.checks.report import Report, shown
from accsyn_async.jobs.checks.values import check_json, check_value, closest
from accsyn_async.jobs.notation import Location
from accsyn_async.jobs.problems import Keys, Problem

__all__ = ["check_job", "check_tasks"]

_PACKAGES = ("delivery", "request", "stream")
_ENDS: Final[Mapping[JobKind, tuple[str, ...]]] = {
    "transfer": ("source", "destination"),
    "compute": (),
    "delivery": ("source",),
    "request": ("destination",),
    "stream": ("source",),
}
"""The ends that each kind of job names."""
_SYNONYMS: Final[Mapping[str, str]] = {
    "src": "source",
    "from": "source",
    "dst": "destination",
    "dest": "destination",
    "target": "destination",
    "to": "destination",
}
"""What others call attributes."""
_KIND_NAMES: Final = ("kind", "type", "entitytype")
"""What the kind of a job is called elsewhere; its JSON does not hold it."""
_KIND_REMEDY: Final = (
    "remove it: the kind is told by --kind, by kind= in Python, or by the specification's class"
)
_NESTED_MOST = 20
_SOURCE_REMEDY = "write a source such as share=projects/a.mov"


def check_job(document: Any, kind: JobKind, *, workspace: str | None = None) -> list[Problem]:
    """Tell all that is wrong with the JSON of a job.

    Args:
        document: the JSON object.
        kind: the kind of job that it is.
        workspace: the workspace's code; ``None`` when it is not known.

    Returns:
        The problems, errors and warnings, in the order of the document.
    """
    report = Report()
    if not isinstance(document, Mapping):
        report.error((), f"{shown(document)} is no job", "write a JSON object")
        return report.problems
    check_json(report, (), document)
    if not report.problems:
        _Job(report, document, kind, workspace).check()
    return [*_in_order(report.problems, document), *report.rest]


def check_tasks(document: Any, kind: JobKind = "transfer", *, workspace: str | None = None) -> list[Problem]:
    """Tell what is wrong with tasks that are to be added to a job, as `check_job` does.

    Args:
        document: ``{"tasks": …}``.
        kind: the kind of job that they join.
        workspace: the workspace's code; ``None`` when it is not known.
    """
    report = Report()
    if not isinstance(document, Mapping):
        report.error((), f"{shown(document)} holds no tasks", 'write {"tasks": […]}')
        return report.problems
    check_json(report, (), document)
    if not report.problems:
        _Job(report, document, kind, workspace).check_joining()
    return [*_in_order(report.problems, document), *report.rest]


class _Job:
    def __init__(
        self, report: Report, document: Mapping[str, Any], kind: JobKind, workspace: str | None
    ) -> None:
        self._report = report
        self._document = document
        self._kind: JobKind = kind
        self._workspace = workspace
        self._ends: list[Ends] = []
        self._known: dict[str, Location] = {}
        self._places: dict[str, Keys] = {}
        self._deps: dict[str, list[Any]] = {}
        # Attributes that there are not, by the place of the one that was likely meant.
        self._slips: dict[Keys, tuple[Keys, str, str]] = {}

    def check(self) -> None:
        self._attributes((), self._document, ATTRIBUTES[self._kind], _named(self._kind))
        self._needs()
        if self._kind == "compute":
            self._engine_places()
        tasks = self._document.get("tasks")
        if tasks is not None and "tasks" in ATTRIBUTES[self._kind]:
            self._tasks(("tasks",), tasks)
            self._beside_tasks()
        else:
            self._own_ends()
        if self._kind == "transfer" and self._document.get("parent") is None:
            self._need_receiver()
        self._together()

    def check_joining(self) -> None:
        self._tasks(("tasks",), self._document.get("tasks"))
        self._together(joining=True)

    def _together(self, *, joining: bool = False) -> None:
        if self._kind != "compute":
            check_ends(self._report, self._ends, self._kind, self._workspace)
        elif not joining:
            check_deps(self._report, self._places, self._deps)
        for slip in self._slips.values():
            self._report.warn(*slip)

    def _attributes(self, keys: Keys, given: Mapping[str, Any], known: Mapping[str, Any], what: str) -> None:
        for name, value in given.items():
            attribute = known.get(name)
            if attribute is not None:
                check_value(self._report, (*keys, name), value, attribute)
                continue
            if name == "$schema":
                continue
            where, message = (*keys, name), f"{what} has no {shown(name)}"
            elsewhere = self._elsewhere(name, task=bool(keys))
            meant = _SYNONYMS.get(name.casefold())
            if meant not in known:
                meant = closest(name, known)
            if not keys and name.casefold() in _KIND_NAMES:
                self._report.error(where, message, _KIND_REMEDY)
            elif elsewhere is not None:
                self._report.error(where, message, elsewhere)
            elif keys and name in ATTRIBUTES[self._kind]:
                self._report.warn(where, message, "write it beside tasks")
            elif not keys and name in TASK_ATTRIBUTES[self._kind]:
                self._report.warn(where, message, "write it within a task")
            elif meant is not None and (*keys, meant) not in self._slips:
                self._slips[*keys, meant] = where, message, f"did you mean {meant}?"
            elif meant is not None:
                self._report.warn(where, message, f"did you mean {meant}?")

    def _missing(self, keys: Keys, remedy: str) -> None:
        """Note that an attribute is missing, unless a slip of the pen stands for it."""
        slip = self._slips.pop(keys, None)
        if slip is None:
            self._report.error(keys, "it is missing", remedy)
        else:
            self._report.error(*slip)

    def _elsewhere(self, name: str, *, task: bool) -> str | None:
        """What to do about an attribute that jobs of another kind have; ``None`` for one that none has."""
        table = TASK_ATTRIBUTES if task else ATTRIBUTES
        kinds = [kind for kind in KINDS if name in table[kind]]
        if not kinds:
            return None
        if self._kind == "compute" and name in ("source", "destination"):
            return "name the file to work on by input, and where results go by output"
        if self._kind in _PACKAGES and name == "destination":
            return "remove it: recipients choose where to download to"
        if self._kind == "request" and name in ("tasks", "source"):
            return "remove it: recipients choose what to upload"
        if kinds == ["compute"]:
            return "remove it: only a compute job has it, which names its engine"
        *others, last = [_plural(kind) for kind in kinds]
        listed = f"{', '.join(others)} and {last}" if others else last
        return f"remove it: only {listed} have it"

    def _needs(self) -> None:
        """Find what must be there and is not."""
        document = self._document
        if self._kind == "compute":
            if document.get("engine") is None and document.get("app") is None:
                self._missing(("engine",), "name the engine that runs the job by its code")
            return
        draft = self._kind in _PACKAGES and document.get("status") == "init"
        if self._kind in _PACKAGES and document.get("recipients") in (None, []) and not draft:
            self._missing(
                ("recipients",),
                'write the e-mail addresses of those who get it, or "status": "init" for a draft',
            )
        empty = document.get("tasks") is None and document.get("source") is None
        if self._kind == "request" or draft or not empty:
            return
        if self._kind != "transfer" or document.get("parent") is None:
            self._missing(("source",), f"{_SOURCE_REMEDY}, or tasks")
        elif document.get("destination") is None:
            self._missing(("destination",), "write where to download to, such as /Users/lisa/Downloads/")

    def _engine_places(self) -> None:
        """Warn of places of a compute job that are none in accsyn's notation."""
        given: list[tuple[Keys, Any]] = [((name,), self._document.get(name)) for name in ("input", "output")]
        files = self._document.get("dependencies")
        if isinstance(files, list):
            given += [(("dependencies", number), one) for number, one in enumerate(files)]
        for keys, text in given:
            if not isinstance(text, str) or not text.strip():
                continue
            try:
                Location.parse(text, self._workspace)
            except NotationError as error:
                remedy = error.remedy or "write such as share=projects/a.nk"
                self._report.warn(keys, error.reason, f"{remedy}, unless the engine takes it as it is")

    def _need_receiver(self) -> None:
        """Warn where nobody is named who receives a file, and it is not the workspace."""
        for ends in self._ends:
            source = ends.source
            if ends.destination is not None or ends.excluded or source is None or not ends.readable:
                continue
            if ends.destination_at in self._slips or (
                source.party is not None and source.party.kind != "workspace"
            ):
                continue
            taken = (
                "accsyn takes your home"
                if source.is_absolute
                else "accsyn finds one only where the share is mapped on your own computer"
            )
            remedy = "write who receives it, such as site=berlin"
            self._report.warn(ends.destination_at, f"nobody is named who receives it: {taken}", remedy)
            return

    def _own_ends(self) -> None:
        document = self._document
        if document.get("source") is not None or document.get("destination") is not None:
            self._add_ends((), document)

    def _beside_tasks(self) -> None:
        """Read the job's own ends, which its tasks need not take up."""
        for side in _ENDS[self._kind]:
            text = self._document.get(side)
            place = None if text is None else self._read((side,), text)
            taken = any(ends.source_at == ("source",) for ends in self._ends)
            if side == "source" and place is not None and self._ends and not taken:
                self._report.warn(
                    (side,), "it is not sent: each task has its own", "remove it, or make it a task"
                )

    def _add_ends(self, keys: Keys, task: Mapping[str, Any], source_at: Keys | None = None) -> None:
        """Read a task's ends; the job's own stand in for those that it does not name.

        Args:
            keys: where the task is.
            task: what it says.
            source_at: where its source is, when not under its name.
        """
        places: list[Location | None] = []
        at = {"source": source_at or (*keys, "source"), "destination": (*keys, "destination")}
        readable = True
        for side in tuple(at):
            text = task.get(side)
            if text is None and side in self._document:
                at[side], text = (side,), self._document[side]
            if text is None or side not in _ENDS[self._kind]:
                places.append(None)
                continue
            place = self._read(at[side], text)
            readable = readable and place is not None
            places.append(place)
        excluded = task.get("status") == "excluded"
        self._ends.append(Ends(places[0], places[1], at["source"], at["destination"], readable, excluded))

    def _tasks(self, keys: Keys, tasks: Any, prefix: str = "") -> None:
        report = self._report
        if isinstance(tasks, Mapping) and is_one_task(tasks, self._kind):
            tasks = [tasks]
            pairs: list[tuple[Keys, str | None, Any]] = [(keys, None, tasks[0])]
        elif isinstance(tasks, Mapping):
            pairs = [((*keys, uri), uri, task) for uri, task in tasks.items()]
        elif isinstance(tasks, list):
            pairs = [((*keys, number), None, task) for number, task in enumerate(tasks)]
        else:
            report.error(
                keys,
                f"{shown(tasks)} is no list of tasks",
                "write one, or an object of tasks by their uris",
            )
            return
        if not pairs:
            remedy = "name at least one, or leave tasks out"
            if self._kind != "compute":
                remedy = 'name at least one, such as ["share=projects/a.mov"]'
            report.error(keys, "there is none", remedy)
        elif prefix.count("/") >= _NESTED_MOST:
            report.error(keys, f"tasks are nested more than {_NESTED_MOST} deep", "nest less")
            return
        uris: dict[str, Keys] = {}
        numbers = iter(_numbers({self._given_uri(uri, task) for _, uri, task in pairs}))
        for where, key, task in pairs:
            if key is not None and not key.strip():
                report.error(where, "its uri is empty", "write one, or tasks as a list")
            uri = self._given_uri(key, task) or next(numbers)
            if uri in uris:
                report.error(where, f"there are two tasks {shown(uri)}", "give each a uri of its own")
            uris[uri] = where
            self._task(where, uri, task, prefix)

    def _task(self, keys: Keys, uri: str, task: Any, prefix: str) -> None:
        report = self._report
        if isinstance(task, str) and self._kind != "compute":
            self._add_ends(keys, {"source": task}, source_at=keys)
            return
        if not isinstance(task, Mapping):
            what = "an object" if self._kind == "compute" else "its source, or an object"
            report.error(keys, f"{shown(task)} is no task", f"write {what}")
            return
        self._attributes(keys, task, TASK_ATTRIBUTES[self._kind], f"a task of {_named(self._kind)}")
        if self._kind != "compute":
            self._add_ends(keys, task)
            if task.get("source") is None and self._document.get("source") is None:
                self._missing((*keys, "source"), _SOURCE_REMEDY)
            return
        if "/" in uri:
            report.error(
                (*keys, "uri") if "uri" in task else keys,
                f"the uri {shown(uri)} holds a slash",
                "nest tasks instead",
            )
        path = prefix + uri
        self._places[path] = keys
        deps = task.get("deps")
        self._deps[path] = deps if isinstance(deps, list) else []
        if task.get("tasks") is not None:
            self._tasks((*keys, "tasks"), task["tasks"], f"{path}/")

    def _read(self, keys: Keys, text: Any) -> Location | None:
        """Read an end; one that thousands of tasks have in common is read once, when nothing is wrong."""
        known = self._known.get(text) if isinstance(text, str) else None
        if known is not None:
            return known
        told = len(self._report.problems)
        place = read_end(self._report, keys, text, self._workspace)
        if place is not None and len(self._report.problems) == told:
            self._known[text] = place
        return place

    def _given_uri(self, key: str | None, task: Any) -> str:
        given = task.get("uri") if isinstance(task, Mapping) else None
        return given if isinstance(given, str) and given else key or ""


def _numbers(taken: set[str]) -> Iterator[str]:
    number = 0
    while True:
        if str(number) not in taken:
            yield str(number)
        number += 1


def _named(kind: JobKind) -> str:
    return "a compute job" if kind == "compute" else f"a {kind}"


def _plural(kind: str) -> str:
    return {"compute": "compute jobs", "delivery": "deliveries"}.get(kind, f"{kind}s")


def _in_order(problems: list[Problem], document: Any) -> list[Problem]:
    """The problems in the order in which what they are about stands in the document, each once."""

    def place(problem: Problem) -> tuple[int, ...]:
        found: list[int] = []
        inside = document
        for key in problem.keys:
            if isinstance(inside, Mapping):
                if id(inside) not in positions:
                    positions[id(inside)] = {name: number for number, name in enumerate(inside)}
                names = positions[id(inside)]
                found.append(names.get(key, len(names)))
                inside = inside.get(key)
            elif isinstance(inside, list) and isinstance(key, int) and key < len(inside):
                found.append(key)
                inside = inside[key]
            else:
                break
        return tuple(found)

    positions: dict[int, dict[Any, int]] = {}
    return sorted(dict.fromkeys(problems), key=place)
