"""A job as a command line describes it, and where in it each problem is. Pure but for reading files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accsyn_async.cli.job_file import read_job_file
from accsyn_async.errors import ArgumentError, NotationError
from accsyn_async.jobs.attributes import JobKind, kind_of
from accsyn_async.jobs.checks.ends import names_file
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.json_text import JobText
from accsyn_async.jobs.notation import Location
from accsyn_async.jobs.problems import Keys, Problem

__all__ = ["Draft", "LocatedProblem", "draft_from_file", "draft_of_arguments", "named_values"]


@dataclass(frozen=True, slots=True)
class LocatedProblem:
    """A problem and where a person finds it.

    Attributes:
        problem: what is wrong.
        file: the file; ``-`` for standard input, ``None`` for the command line.
        line: the line, from 1; ``None`` when it is about the whole file, or the command line.
        column: the character in that line, from 1.
        argument: the argument of the command line that it is about, if it is.
    """

    problem: Problem
    file: str | None = None
    line: int | None = None
    column: int | None = None
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A job that may be wrong.

    Attributes:
        document: its JSON, as it would be sent.
        kind: what kind of job it is.
        file: what it was read from; ``None`` for the command line.
        text: what was read.
        arguments: what the arguments of the command line are about, by their names.
    """

    document: dict[str, Any]
    kind: JobKind
    file: str | None = None
    text: JobText | None = None
    arguments: Mapping[Keys, str] = field(default_factory=dict)

    def check(self, workspace: str | None) -> list[LocatedProblem]:
        """All that is wrong with it.

        Args:
            workspace: the workspace's code; ``None`` when it is not known.
        """
        problems = check_job(self.document, self.kind, workspace=workspace)
        places: list[tuple[int | None, int | None]] = [(None, None)] * len(problems)
        if self.text is not None:
            places = [*self.text.positions(problem.keys for problem in problems)]
        return [
            self._located(problem, line, column)
            for problem, (line, column) in zip(problems, places, strict=True)
        ]

    def _located(self, problem: Problem, line: int | None, column: int | None) -> LocatedProblem:
        for length in range(len(problem.keys), 0, -1):
            argument = self.arguments.get(problem.keys[:length])
            if argument is not None:
                return LocatedProblem(problem, argument=argument)
        return LocatedProblem(problem, self.file, line, column)

    def with_options(
        self,
        *,
        settings: Mapping[str, str],
        metadata: Mapping[str, str],
        **attributes: str | int | None,
    ) -> Draft:
        """What options add to it, or put in another's place.

        Args:
            settings: to be added to its own.
            metadata: to be added to its own.
            attributes: others by name; ``None`` for one that is not given.
        """
        document, arguments = dict(self.document), dict(self.arguments)
        for name, value in attributes.items():
            if value is not None:
                document[name] = value
                arguments[name,] = f"--{name}"
        if attributes.get("name") is not None:
            # The older name of the same.
            document.pop("code", None)
        for option, name, given in (("setting", "settings", settings), ("metadata", "metadata", metadata)):
            own = document.get(name)
            # What is there and no object is complained of.
            if given and (own is None or isinstance(own, Mapping)):
                document[name] = {**(own or {}), **given}
                arguments |= {(name, key): f"--{option} {key}" for key in given}
        return Draft(document, self.kind, self.file, self.text, arguments)


def draft_from_file(path: str, kind: JobKind | None = None, *, absent: str = "check its name") -> Draft:
    """A job from a file, or from standard input.

    Args:
        path: the file; ``-`` for standard input.
        kind: the kind of job; ``None`` for what its attributes say.
        absent: what to do when there is no such file.

    Raises:
        SpecificationError: it cannot be read, or is no JSON.
    """
    text = read_job_file(path, absent=absent)
    document = {name: value for name, value in text.document.items() if name != "$schema"}
    return Draft(document, kind_of(document) if kind is None else kind, path, text)


def draft_of_arguments(places: Sequence[str], kind: JobKind | None, workspace: str | None) -> Draft:
    """A job of sources and, as the last one, a destination.

    Args:
        places: the sources and the destination.
        kind: the kind of job; ``None`` for a transfer.
        workspace: the workspace's code; ``None`` when it is not known.

    Raises:
        ArgumentError: there are several sources, and the destination is no folder.
    """
    *sources, destination = places
    if len(sources) == 1:
        document: dict[str, Any] = {"source": sources[0], "destination": destination}
        arguments: dict[Keys, str] = {("source",): "SOURCE", ("destination",): "DESTINATION"}
        return Draft(document, kind or "transfer", arguments=arguments)
    _check_folder(destination, len(sources), workspace)
    tasks = [{"source": source, "destination": destination} for source in sources]
    arguments = {}
    for number in range(len(tasks)):
        arguments["tasks", number, "source"] = f"SOURCE {number + 1}"
        arguments["tasks", number, "destination"] = "DESTINATION"
    return Draft({"tasks": tasks}, kind or "transfer", arguments=arguments)


def named_values(option: str, given: Sequence[str]) -> dict[str, str]:
    """What ``NAME=VALUE`` says, several times; the last of a name counts.

    Raises:
        ArgumentError: one is nothing of the kind.

    >>> named_values("--setting", ["task_bucketsize=1", "transfer_exclude=a=b"])
    {'task_bucketsize': '1', 'transfer_exclude': 'a=b'}
    """
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name.strip() or not equals:
            raise ArgumentError(f"{option} takes NAME=VALUE, not {one!r}")
        found[name.strip()] = value
    return found


def _check_folder(destination: str, count: int, workspace: str | None) -> None:
    try:
        place = Location.parse(destination, workspace)
    except NotationError:
        # The job's checks say what is wrong with it.
        return
    if place.path is None or place.is_folder:
        return
    if names_file(place):
        raise ArgumentError(
            f"the last of several places is where they go, and {destination} looks like a file: name the "
            f"destination behind it, such as site=berlin, or end a folder with a slash, {destination}/"
        )
    slash = "\\" if "\\" in destination and "/" not in destination else "/"
    word = place.party is None and place.path.isalnum()
    site = f", or write site={destination} if it is a site" if word else ""
    raise ArgumentError(
        f"{count} sources need a folder to go to, and {destination} names a file: "
        f"end it with a slash, {destination}{slash}{site}"
    )
