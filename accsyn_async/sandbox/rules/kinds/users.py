"""Users: inviting, changing and removing them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import entity_rows, fields
from accsyn_async.sandbox.rules import recipients, roles
from accsyn_async.sandbox.rules.kinds.kind import COMMON, Attend, Kind
from accsyn_async.sandbox.state.entities import Acl, SandboxUser, Share, State
from accsyn_async.sandbox.state.jobs import Job
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Users", "invite"]

ROLES: Final = ("admin", "employee", "standard")


def invite(workspace: Workspace, inviter: SandboxUser, code: str, role: str = "standard") -> SandboxUser:
    """Take a user in, with a desktop app; one who was deactivated comes back instead.

    So it is in accsyn however somebody is invited: as a user, by a grant, or as the recipient of a delivery.
    They come back with their home and what they were granted; who is to stay away is disabled or deleted, or
    named with ``invite`` false.

    Raises:
        Refusal: the inviter may not.
    """
    if not inviter.elevated or (role != "standard" and inviter.role != "admin"):
        raise Refusal("E#P002", f"Your role, {inviter.role}, may not invite a user as {role}.")
    for user in workspace.every(SandboxUser):
        if user.code == code and user.own_state is State.INACTIVE:
            if not roles.may_change(inviter, user):
                raise Refusal("E#P002", f"Your role, {inviter.role}, may not invite {code} again.")
            user.own_state = State.ACTIVE
            return user
    return workspace.add_user(code, role, creator=inviter.username)


class Users(Kind[SandboxUser]):
    """The users. A standard one changes only the own profile, an employee those of standard users too.

    As accsyn's manual has it, one is deactivated only when no active job involves them, while to delete one
    aborts the jobs that do, and takes them off the deliveries, requests and streams that they are a recipient
    of: one that nobody else is left of ends.
    """

    name = "user"
    holds = SandboxUser
    settable: ClassVar = {
        **COMMON,
        "role": fields.choice(*ROLES),
        "status": fields.choice("enabled", "disabled"),
        "queue": fields.text,
    }
    initial: ClassVar = {
        "code": fields.email,
        "email": fields.email,
        "create_home_share": fields.flag,
        "give_all_volumes_access": fields.flag,
        "give_default_volume_access": fields.flag,
        "volumes": fields.names,
        "message": fields.text,
        "mail": fields.flag,
    }

    def __init__(self, workspace: Workspace, attend: Attend) -> None:
        super().__init__(workspace, attend, entity_rows.users())

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> SandboxUser:
        workspace = self._workspace
        code = values.pop("code", None) or values.pop("email", None)
        if code is None:
            raise Refusal("E#N411", "A new user needs an e-mail address as the code.")
        if self._workspace.find_user(code) is not None:
            raise Refusal("E#N409", f"There is a user {code!r} already.")
        role = values.pop("role", "standard")
        volumes = self._volumes(values)
        if volumes and role == "standard":
            raise Refusal("E#N412", "Only employees are given volumes; grant standard users folders.")
        queue = self._queue(values)
        invited = invite(workspace, user, code, role)
        self._set_role(invited, role)
        for name in (*COMMON, "status"):
            setattr(invited, name, values.get(name, getattr(invited, name)))
        invited.queue = queue.get("queue")
        if values.get("create_home_share", True) and not any(
            one.user is invited and one.state is not State.ARCHIVED for one in workspace.every(Share)
        ):
            workspace.grant(invited, workspace.add_home(invited, user.username), creator=user.username)
        for volume in volumes:
            workspace.grant(invited, volume, creator=user.username)
        return invited

    def _volumes(self, values: dict[str, Any]) -> list[Share]:
        workspace = self._workspace
        if values.get("give_all_volumes_access"):
            return list(workspace.volumes)
        found = [workspace.default_volume] if values.get("give_default_volume_access") else []
        for name in values.get("volumes", ()):
            volume = workspace.find_share("volume", name)
            if volume is None:
                raise Refusal("E#N412", f"There is no volume {name!r}.")
            found.append(volume)
        return found

    def _change(self, user: SandboxUser, entity: SandboxUser, values: dict[str, Any]) -> None:
        role = values.get("role", entity.role)
        if role != entity.role and user.role != "admin":
            raise Refusal("E#P002", "Only admins change roles.")
        if "status" in values and not user.elevated:
            raise Refusal("E#P002", "Only admins and employees disable users.")
        if role != "admin" or values.get("status") == "disabled":
            self._require_another_admin(entity)
        super()._change(user, entity, {**values, **self._queue(values), "role": entity.role})
        self._set_role(entity, role)
        self._workspace.changed()

    def _set_role(self, user: SandboxUser, role: str) -> None:
        if role != user.role:
            user.role = role
            for acl in list(self._acls(user)):
                self._workspace.revoke(acl)

    def _acls(self, user: SandboxUser) -> Iterable[Acl]:
        return (
            acl
            for acl in self._workspace.every(Acl)
            if acl.user is user and acl.own_state is not State.ARCHIVED
        )

    def _detach(self, user: SandboxUser, entity: SandboxUser, *, force: bool) -> None:
        self._require_another_admin(entity)
        self._stop(lambda job: _involves(job, entity), entity.code, force=True)
        for job in self._workspace.jobs.values():
            for one in [one for one in job.recipients if one.user is entity]:
                recipients.take_off(job, one)
                if one.transfer is not None:
                    self._attend(one.transfer)

    def _rest(self, user: SandboxUser, entity: SandboxUser) -> None:
        self._require_another_admin(entity)
        self._stop(lambda job: _involves(job, entity), entity.code, force=False)

    def _require_another_admin(self, user: SandboxUser) -> None:
        admins = [one for one in self._workspace.users if one.role == "admin" and one.status == "enabled"]
        if admins == [user]:
            raise Refusal("E#N423", f"{user.code} is the only admin.")


def _involves(job: Job, user: SandboxUser) -> bool:
    return job.user is user or user.id in (job.source.id, job.destination.id)
