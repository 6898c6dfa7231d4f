"""Who may reach which share: granting, listing and revoking."""

from __future__ import annotations

from typing import Any, ClassVar

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import entity_rows, fields
from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.rules.kinds.kind import Attend, Kind
from accsyn_async.sandbox.rules.kinds.users import invite
from accsyn_async.sandbox.state.entities import Acl, SandboxUser, Share
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Acls"]


class Acls(Kind[Acl]):
    """The ACLs. Granting anew changes the one that a user has on a share."""

    name = "acl"
    holds = Acl
    initial: ClassVar = {
        "entity": fields.text,
        "target": fields.text,
        "invite": fields.flag,
        "read": fields.flag,
        "write": fields.flag,
        "notify": fields.flag,
        "message": fields.text,
        "path": fields.path,
    }

    def __init__(self, workspace: Workspace, attend: Attend) -> None:
        super().__init__(workspace, attend, entity_rows.acls())

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> Acl:
        read, write = values.get("read", False), values.get("write", False)
        if not read and not write:
            raise Refusal("E#N412", "Either 'read' or 'write' must be true.")
        share = self._share(user, values.get("target", ""))
        if not roles.may_change(user, share):
            raise Refusal("E#P002", f"Your role, {user.role}, may not give access to {share.code!r}.")
        path = values.get("path", ())
        mine = (not read or roles.may_read(user, share, path)) and (
            not write or roles.may_write(user, share, path)
        )
        if not mine:
            raise Refusal("E#P002", f"You may not give more access to {share.code!r} than you have.")
        grantee = self._user(user, values.get("entity", ""), invited=values.get("invite", True))
        known = share.acls.get(grantee.id)
        acl = self._workspace.grant(grantee, share, path, read=read, write=write, creator=user.username)
        if known is not None:
            self.touch(user, acl)
        return acl

    def create(self, user: SandboxUser, data: Any) -> Acl:
        """Grant, or change what was granted.

        Raises:
            Refusal: the user may not, or the data is wrong; nothing is changed.
        """
        if not self.may_create(user):
            raise Refusal("E#P002", f"Your role, {user.role}, may not give access to shares.")
        return self._make(user, fields.read(data, self.initial, self.name))

    def delete(self, user: SandboxUser, entity: Acl, *, force: bool = False) -> None:
        """Revoke; everybody may revoke what they were granted themselves."""
        self._require_change(user, entity, "delete")
        self._workspace.revoke(entity)
        self.touch(user, entity)

    def _share(self, user: SandboxUser, target: str) -> Share:
        kind, _, name = target.partition(":")
        share = self._workspace.find_share("share", name) if kind == "share" else None
        if share is None or not roles.may_see(user, share):
            raise Refusal("E#N404", f"There is no {target!r} to give access to; write share:<id>.")
        return share

    def _user(self, user: SandboxUser, entity: str, *, invited: bool) -> SandboxUser:
        kind, _, name = entity.partition(":")
        if kind != "user" or not name:
            raise Refusal("E#N412", f"'entity' must be user:<id or e-mail address>, not {entity!r}.")
        found = self._workspace.find_user(name)
        if found is not None:
            return found
        if fields.is_id(name) or not invited:
            raise Refusal("E#N404", f"There is no user {name!r}.")
        return invite(self._workspace, user, fields.email("entity", name))
