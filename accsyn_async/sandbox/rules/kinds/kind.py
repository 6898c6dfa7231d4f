"""What all types of entities have in common: who may make, change and remove them, and how."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, TypeVar

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import fields
from accsyn_async.sandbox.rows.fields import Reader
from accsyn_async.sandbox.rows.table import Table
from accsyn_async.sandbox.rules import job_states, roles
from accsyn_async.sandbox.state.entities import Entity, Queue, SandboxUser, State
from accsyn_async.sandbox.state.jobs import Job
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["COMMON", "Attend", "Kind"]

E = TypeVar("E", bound=Entity)

Attend = Callable[[Job], None]
"""Tells what runs the jobs that one has changed."""

COMMON: Final[Mapping[str, Reader]] = {
    "name": fields.text,
    "description": fields.text,
    "metadata": fields.mapping,
}


class Kind(ABC, Generic[E]):
    """The entities of one type.

    Args:
        workspace: whose.
        attend: what is told of a job that was changed.
        table: how they become rows.

    Attributes:
        name: the entity type, as calls have it.
        holds: what they are.
        settable: the attributes that can be set, and how they are read.
        initial: those that can be given only when one is made.
        plain: those of `settable` that a standard user may change.
    """

    name: str
    holds: ClassVar[type[Any]]
    settable: ClassVar[Mapping[str, Reader]] = {}
    initial: ClassVar[Mapping[str, Reader]] = {}
    plain: ClassVar[frozenset[str]] = frozenset(COMMON)

    def __init__(self, workspace: Workspace, attend: Attend, table: Table[E]) -> None:
        self._workspace = workspace
        self._attend = attend
        self.table = table

    def members(self) -> Iterable[E]:
        """The entities, in every state."""
        return self._workspace.every(self.holds)

    def visible(self, user: SandboxUser, state: State = State.ACTIVE) -> Iterable[E]:
        """Those in a state that a user sees."""
        return (one for one in self.members() if one.state is state and roles.may_see(user, one))

    def attributes_to_create(self, user: SandboxUser) -> list[str]:
        """The attributes that a user may give a new one; none when the user may make none."""
        return sorted({**self.settable, **self.initial}) if self.may_create(user) else []

    def attributes_to_update(self, user: SandboxUser) -> list[str]:
        """The attributes that a user may set."""
        if user.role not in roles.WRITERS[self.name]:
            return []
        return sorted(name for name in self.settable if user.elevated or name in self.plain)

    def may_create(self, user: SandboxUser) -> bool:
        """Whether a user may make one at all."""
        return user.elevated and user.role in roles.WRITERS[self.name]

    def get(self, user: SandboxUser, ident: str | None, *states: State) -> E:
        """The entity of an id, or of a code.

        Args:
            user: who asks.
            ident: the id or code.
            states: in which states it may be; active alone when none is given.

        Raises:
            Refusal: there is none that the user sees, or it is in another state.
        """
        folded = (ident or "").casefold()
        found = [
            one
            for one in self.members()
            if folded in (one.id, one.code.casefold()) and roles.may_see(user, one)
        ]
        if not found or not folded:
            raise Refusal("E#N404", f"There is no {self.name} {ident!r}.")
        wanted = states or (State.ACTIVE,)
        for one in found:
            if one.state in wanted:
                return one
        raise Refusal("E#N410", f"The {self.name} {found[-1].code!r} is {found[-1].state.name.lower()}.")

    def create(self, user: SandboxUser, data: Any) -> E:
        """Make one.

        Raises:
            Refusal: the user may not, or the data is wrong; nothing is changed.
        """
        if not self.may_create(user):
            raise Refusal("E#P002", f"Your role, {user.role}, may not create a {self.name}.")
        entity = self._make(user, fields.read(data, {**self.settable, **self.initial}, self.name))
        entity.creator = user.username
        return entity

    def edit(self, user: SandboxUser, entity: E, data: Any) -> None:
        """Change one.

        Raises:
            Refusal: the user may not, or the data is wrong; nothing is changed.
        """
        self._require_change(user, entity, "change")
        known = self.settable
        if not user.elevated:
            known = {name: reader for name, reader in known.items() if name in self.plain}
        values = fields.read(data, known, self.name)
        if "code" in values:
            self._require_free(values["code"], entity)
        self._change(user, entity, values)
        self.touch(user, entity)

    def delete(self, user: SandboxUser, entity: E, *, force: bool = False) -> None:
        """Delete one; it is kept in the archive.

        Raises:
            Refusal: the user may not, or something stands against it.
        """
        self._require_removal(user, entity, "delete")
        self._detach(user, entity, force=force)
        entity.own_state = State.ARCHIVED
        self.touch(user, entity)

    def deactivate(self, user: SandboxUser, entity: E) -> None:
        """Take one away so that it can be brought back.

        Raises:
            Refusal: the user may not, or something stands against it, such as a type that cannot.
        """
        self._require_removal(user, entity, "deactivate")
        self._rest(user, entity)
        entity.own_state = State.INACTIVE
        self.touch(user, entity)

    def activate(self, user: SandboxUser, entity: E) -> None:
        """Bring one back that was deactivated.

        Raises:
            Refusal: the user may not, or it went with another, which is to be brought back instead.
        """
        self._require_removal(user, entity, "activate")
        if entity.own_state is not State.INACTIVE:
            raise Refusal(
                "E#N421", f"{entity.code!r} went with what it belongs to; activate that to bring it back."
            )
        self._require_free(entity.code, entity)
        entity.own_state = State.ACTIVE
        self.touch(user, entity)

    @abstractmethod
    def _make(self, user: SandboxUser, values: dict[str, Any]) -> E:
        """Make one of checked values; nothing must change when it is refused."""

    def _change(self, user: SandboxUser, entity: E, values: dict[str, Any]) -> None:
        """Set checked values; nothing must change when they are refused."""
        for name, value in values.items():
            setattr(entity, name, value)

    def _detach(self, user: SandboxUser, entity: E, *, force: bool) -> None:
        """Undo what an entity is tied to, before it is deleted."""

    def _rest(self, user: SandboxUser, entity: E) -> None:
        """Make ready for being deactivated; refused unless a type says otherwise."""
        raise Refusal("E#N420", f"A {self.name} cannot be deactivated.")

    def _require_change(self, user: SandboxUser, entity: E, what: str) -> None:
        if not roles.may_change(user, entity):
            raise Refusal("E#P002", f"Your role, {user.role}, may not {what} this {self.name}.")

    def _require_removal(self, user: SandboxUser, entity: E, what: str) -> None:
        self._require_change(user, entity, what)
        if not user.elevated:
            raise Refusal("E#P002", f"Your role, {user.role}, may not {what} a {self.name}.")

    def _codes(self) -> dict[str, list[Entity]]:
        """What keeps each code from being used, in lower case: archived entities do not."""
        taken: dict[str, list[Entity]] = {}
        for one in self._workspace.every(self.holds):
            if one.state is not State.ARCHIVED:
                taken.setdefault(one.code.casefold(), []).append(one)
        return taken

    def _require_free(self, code: str, entity: E | None = None) -> None:
        taken = [one for one in self._codes().get(code.casefold(), ()) if one is not entity]
        if taken:
            hint = "" if taken[0].state is State.ACTIVE else "; it was deactivated and can be activated"
            raise Refusal("E#N409", f"There is a {self.name} {code!r} already{hint}.")

    def _new_code(self, values: Mapping[str, Any]) -> str:
        """The code that was given, or one made from the name."""
        if "code" in values:
            self._require_free(values["code"])
            return str(values["code"])
        base = fields.slug(values.get("name", ""))
        if not base:
            raise Refusal("E#N411", f"A new {self.name} needs a name or a code.")
        code, number, taken = base, 1, self._codes()
        while code.casefold() in taken:
            number += 1
            code = f"{base}_{number}"
        return code

    def _queue(self, values: Mapping[str, Any]) -> dict[str, Queue | None]:
        """The queue that values name, as something to set; empty when they name none."""
        if "queue" not in values:
            return {}
        name = values["queue"]
        queue = self._workspace.find_queue(name)
        if queue is None and name:
            raise Refusal("E#N412", f"There is no queue {name!r}.")
        return {"queue": queue}

    def _folder(self) -> Path:
        """A fresh folder for the files of a new entity.

        Raises:
            Refusal: there is nowhere to make one.
        """
        if self._workspace.spare is None:
            raise Refusal("E#N426", f"This sandbox has nowhere to keep the files of another {self.name}.")
        return self._workspace.spare_folder(f"{self.name}s")

    def touch(self, user: SandboxUser, entity: E) -> None:
        """Note who changed an entity."""
        entity.modified = self._workspace.clock.text()
        entity.modifier = user.username

    def _stop(self, concerned: Callable[[Job], bool], what: str, *, force: bool) -> None:
        """Abort the active jobs that something concerns, deliveries with the transfers of their recipients.

        Raises:
            Refusal: there are some, and ``force`` is false.
        """
        running = [job for job in self._workspace.jobs.values() if not job.is_finished and concerned(job)]
        if running and not force:
            count = "1 active job involves" if len(running) == 1 else f"{len(running)} active jobs involve"
            raise Refusal("E#N422", f"{count} the {self.name} {what!r}.")
        for job in running:
            for stopped in job_states.abort(job, self._workspace.clock):
                self._attend(stopped)
