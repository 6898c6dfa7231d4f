"""Who may reach what: recipients of deliveries, and access to shares."""

from __future__ import annotations

import logging
import re
from typing import Any, Literal

from accsyn_async.api.arguments import checked_bool, entity_id, entity_type
from accsyn_async.api.caller import Caller
from accsyn_async.errors import ArgumentError, BackendError, NotFoundError
from accsyn_async.models import is_entity_id
from accsyn_async.wire.query import quote_value

__all__ = ["AccessCalls"]

logger = logging.getLogger("accsyn_async.api.access")

_PACKAGES = ("delivery", "request", "stream")
_SHARES = ("volume", "folder", "home", "collection")
_CODED = frozenset(
    {"user", "workspace", "share", "volume", "folder", "home", "collection", "site", "engine", "queue"}
)
"""Entity types whose code is unique, so that one can be found by it."""
_MARK: Literal["'"] = "'"
"""What the official client puts around a code."""
_FILTER = re.compile(r"[\w.@+*-]+")


class AccessCalls(Caller):
    """Calls that give, show and take away access."""

    async def grant(
        self,
        entitytype: str,
        entityid: str,
        targettype: str,
        targetid: str,
        data: dict[str, Any] | None = None,
    ) -> Any:
        """Give a user access to a delivery, request, stream or share.

        Not in older workspaces (v1).

        Args:
            entitytype: ``"user"``.
            entityid: the user's id or e-mail address. Somebody unknown is invited.
            targettype: ``"delivery"``, ``"request"``, ``"stream"``: the user becomes a
                recipient; ``"volume"``, ``"folder"``, ``"home"``, ``"collection"``: the
                user may read or write there.
            targetid: the target's id, or its code if it has one.
            data: ``invite`` (``True`` unless said otherwise) and, for shares, ``read``,
                ``write``, ``notify`` (``False``), ``message`` for the notice, ``path``
                below the share (``"/"``). ``None`` lets read and write.

        Returns:
            The access or recipient as a ``dict``; ``True`` for a delivery that was not
            submitted yet.

        Raises:
            NotFoundError: there is no such target, or no such user and ``invite`` is
                ``False``.

        Example::

            await session.grant("user", "lisa@example.com", "folder", folder["id"], {"read": True})
        """
        self._needs_v3("grant")
        _only_users(entitytype)
        user = _ident("entityid", entityid, coded=True)
        kind = entity_type(targettype, "targettype")
        if kind not in (*_PACKAGES, *_SHARES):
            raise ArgumentError(f"targettype is one of {', '.join((*_PACKAGES, *_SHARES))}, not {kind!r}")
        target = _ident("targetid", targetid, coded=kind in _CODED)
        if data is not None and not isinstance(data, dict):
            raise ArgumentError("data is a dict such as {'read': True}")
        options = data or {}
        user_id = await self._id_of("user", user)
        if user_id is None:
            if options.get("invite", True) is False:
                raise NotFoundError(f"there is no user {user!r}, who is not to be invited")
            logger.info("there is no user %s yet, who will be invited", user)
        target_id = await self._id_of(kind, target)
        if target_id is None:
            raise NotFoundError(f"there is no {kind} with the code {target!r}")
        if kind in _PACKAGES:
            invitation = {"recipient": user_id or user, "invite": options.get("invite", True)}
            return await self._result("PUT", "job/recipient/add", invitation, entityid=target_id)
        if not options:
            options = {"read": True, "write": True}
        rows = await self._rows(
            "POST",
            "acl/create",
            {
                "entity": f"user:{user_id or user}",
                "target": f"share:{target_id}",
                "invite": options.get("invite", True),
                "read": options.get("read", False),
                "write": options.get("write", False),
                "notify": options.get("notify", False),
                "message": options.get("message", ""),
                "path": options.get("path", "/"),
            },
        )
        return rows[0] if rows else None

    async def access(
        self,
        targettype: str,
        targetid: str,
        entitytype: str | None = None,
        entityid: str | None = None,
        recursive: bool = False,
    ) -> list[dict[str, Any]]:
        """Who has access to a delivery, request, stream or share.

        Not in older workspaces (v1).

        Args:
            targettype: as for ``grant``; also ``"share"``.
            targetid: the target's id.
            entitytype: (shares) only those of this type, ``"user"``; ``None`` for all.
            entityid: (shares) only this one.
            recursive: (shares) what lies below the share, too.

        Returns:
            Recipients as the backend has them; for shares ``user``, ``user_hr``,
            ``share``, ``share_hr``, ``read``, ``write``, ``acknowledged`` and ``path``
            of each.

        Example::

            for entry in await session.access("folder", folder["id"], recursive=True):
                print(entry["user_hr"], entry["read"], entry["write"])
        """
        self._needs_v3("access")
        kind = entity_type(targettype, "targettype")
        target = _ident("targetid", targetid)
        filters: dict[str, object] = {"entitytype": entitytype, "entityid": entityid}
        for name, value in filters.items():
            if value and not (isinstance(value, str) and _FILTER.fullmatch(value)):
                raise ArgumentError(f"{name} holds what a query cannot take: {value!r}")
        if entityid and not entitytype:
            raise ArgumentError("entityid needs entitytype='user'")
        if kind in _PACKAGES:
            return await self._rows("GET", "job/recipients", {}, entityid=target)
        if kind not in (*_SHARES, "share"):
            raise ArgumentError(f"{kind!r} has no access list")
        query = f"acl WHERE target=share:{target}"
        if entitytype:
            query += f" AND entity={entitytype}:{entityid or '*'}"
        below = {"recursive": checked_bool("recursive", recursive)}
        return [_reduced(acl) for acl in await self._rows("GET", "acl/find", below, query=query)]

    async def revoke(self, entitytype: str, entityid: str, targettype: str, targetid: str) -> Any:
        """Take a user's access away.

        Not in older workspaces (v1).

        Args:
            entitytype: ``"user"``.
            entityid: the user's id or e-mail address.
            targettype: as for ``grant``; also ``"share"`` and ``"job"``.
            targetid: the target's id.

        Returns:
            ``True``; ``False`` when the user had none. Of a share, access to every path
            below it goes.

        Raises:
            NotFoundError: there is no such user.

        Example::

            gone = await session.revoke("user", "lisa@example.com", "folder", folder["id"])
        """
        self._needs_v3("revoke")
        _only_users(entitytype)
        user = _ident("entityid", entityid, coded=True)
        kind = entity_type(targettype, "targettype")
        packages = (*_PACKAGES, "job")
        if kind not in (*packages, *_SHARES, "share"):
            raise ArgumentError(f"{kind!r} has no access list")
        target = _ident("targetid", targetid)
        user_id = await self._id_of("user", user)
        if kind in packages:
            # A delivery that was not submitted yet may have recipients who are no users yet.
            user = user_id or user
            recipients = await self._rows("GET", "job/recipients", {}, entityid=target)
            if not any(user in (row.get("user"), row.get("user_hr")) for row in recipients):
                return False
            return await self._remove("job/recipient", {"recipient": user}, target)
        if user_id is None:
            raise NotFoundError(f"there is no user {user!r}")
        query = f"acl WHERE entity=user:{user_id} AND target=share:{target}"
        theirs = (f"user:{user_id}", f"share:{target}")
        rows = await self._rows("GET", "acl/find", {}, query=query)
        acls = [_id(row, "acl/find") for row in rows if (row.get("entity"), row.get("target")) == theirs]
        result = False
        for ident in acls:
            result = await self._remove("acl/delete", {}, ident)
        return result

    async def _id_of(self, kind: str, ident: str) -> str | None:
        """The id of an entity that was named by id or code; ``None`` when there is none of this code."""
        if is_entity_id(ident):
            return ident
        rows = await self._rows("GET", f"{kind}/find", None, query=f"code={quote_value(ident, first=_MARK)}")
        named = [row for row in rows if str(row.get("code", ident)).lower() == ident]
        return _id(named[0], f"{kind}/find") if named else None


def _ident(name: str, value: object, *, coded: bool = False) -> str:
    """An id or, where ``coded``, a code that can stand in a query."""
    ident = entity_id(value.lower().strip() if isinstance(value, str) else value, name, strict=not coded)
    quote_value(ident)
    if not ident.isprintable() or "*" in ident or ident.endswith("\\"):
        raise ArgumentError(f"{name}: {ident!r} is no code; it may stand for more than one")
    return ident


def _only_users(entitytype: object) -> None:
    if entity_type(entitytype) != "user":
        raise ArgumentError("only users have access: entitytype must be 'user'")


def _id(row: dict[str, Any], uri: str) -> str:
    ident = row.get("id")
    if not isinstance(ident, str) or not ident:
        raise BackendError(f"{uri}: the backend answered a row without an id", uri=uri)
    return ident


def _reduced(acl: dict[str, Any]) -> dict[str, Any]:
    return {
        "user": str(acl.get("entity", "")).partition(":")[2],
        "user_hr": acl.get("entity_hr", ""),
        "share": str(acl.get("target", "")).partition(":")[2],
        "share_hr": acl.get("target_hr", ""),
        "read": acl.get("read", False),
        "write": acl.get("write", False),
        "acknowledged": acl.get("acknowledged", False),
        "path": acl.get("path", "/"),
    }
