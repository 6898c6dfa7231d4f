"""Which servers serve which volumes."""

from __future__ import annotations

from typing import Any

from accsyn_async.api.arguments import entity_id, entity_type, non_empty_dict
from accsyn_async.api.caller import Caller
from accsyn_async.api.older_order import in_v1
from accsyn_async.errors import ArgumentError

__all__ = ["AssignmentCalls"]

_SHARES = ("volume", "share")
_EXAMPLE = "{'volume': <id>, 'server': <id>}"


class AssignmentCalls(Caller):
    """Calls that connect servers with volumes."""

    @in_v1("entitytype_parent entitytype data", entitytype_child="entitytype")
    async def assign(self, entitytype_parent: str, entitytype: str, data: dict[str, Any]) -> Any:
        """Let a server serve a volume.

        Args:
            entitytype_parent: ``"volume"``, or ``"share"`` as older workspaces say.
            entitytype: ``"server"``.
            data: the ids: ``volume`` (or ``share``) and ``server`` (or ``client``). In
                v1 also ``main`` or ``site``, ``True``, for which kind of server it is.

        Returns:
            ``True`` when it was assigned.

        Example::

            await session.assign("volume", "server", {"volume": volume["id"], "server": server["id"]})
        """
        share, server = _both_ids(entitytype_parent, entitytype, ("server", "client"), data)
        if self.api_version == "v1":
            return bool(await self._event("PUT", "share/edit", {_kind_in_v1(data): server}, entityid=share))
        return await self._result("PUT", "share/server", {"client": server}, entityid=share)

    async def assignments(self, entitytype: str, entityid: str) -> list[dict[str, Any]]:
        """The servers that serve a volume.

        Args:
            entitytype: ``"volume"``, or ``"share"`` as older workspaces say.
            entityid: the volume's id.

        Example::

            servers = await session.assignments("volume", volume["id"])
        """
        if str(entitytype).lower() not in _SHARES:
            raise ArgumentError(f"servers are assigned to a volume, not to {entitytype!r}")
        if self.api_version == "v1" and entitytype.lower() == "volume":
            entitytype = "share"
        # The official client sends the type as it was written.
        return await self._rows(
            "GET", f"{entitytype}/servers", {}, entityid=entity_id(entityid, strict=False)
        )

    @in_v1("entitytype_parent entitytype data", entitytype_child="entitytype")
    async def deassign(self, entitytype_parent: str, entitytype: str, data: dict[str, Any]) -> Any:
        """Let a server no longer serve a volume.

        The arguments are those of ``assign``.

        Returns:
            ``True`` when the assignment was removed.

        Example::

            await session.deassign("volume", "server", {"volume": volume["id"], "server": server["id"]})
        """
        share, server = _both_ids(entitytype_parent, entitytype, ("server",), data)
        if self.api_version == "v1":
            change = {f"{_kind_in_v1(data)}_clear": server}
            return bool(await self._event("PUT", "share/edit", change, entityid=share))
        return await self._remove(f"{entity_type(entitytype_parent)}/server", {"client": server}, share)


def _both_ids(parent: object, child: object, children: tuple[str, ...], data: object) -> tuple[str, str]:
    """The ids of a volume and of a server."""
    parent, child = entity_type(parent, "entitytype_parent"), entity_type(child)
    given = non_empty_dict("data", data, _EXAMPLE)
    if parent not in _SHARES or child not in children:
        raise ArgumentError(f"only a server can be assigned, and to a volume only: not {child} to {parent}")
    share = entity_id(given.get("volume", given.get("share")), "data['volume']")
    return share, entity_id(given.get("server", given.get("client")), "data['server']")


def _kind_in_v1(data: dict[str, Any]) -> str:
    if data.get("main") is True:
        return "server"
    if data.get("site") is True:
        return "siteserver"
    raise ArgumentError("say which kind of server it is: data holds 'main' or 'site', True (v1)")
