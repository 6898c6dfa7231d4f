"""Settings of the workspace and of entities."""

from __future__ import annotations

from typing import Any

from accsyn_async.api.arguments import entity_type, optional_id, text
from accsyn_async.api.caller import Caller
from accsyn_async.api.older_order import in_v1
from accsyn_async.errors import ArgumentError

__all__ = ["SettingCalls"]


class SettingCalls(Caller):
    """Calls that read and write settings."""

    @in_v1("name entitytype entityid integration data", scope="entitytype", entity_id="entityid")
    async def get_setting(
        self,
        name: str | None = None,
        entitytype: str = "workspace",
        entityid: str | None = None,
        integration: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> Any:
        """Get the value of a setting.

        Args:
            name: which one.
            entitytype: ``"workspace"``, ``"job"``, ``"volume"``, ``"user"``, ``"queue"`` …
            entityid: which entity; ``None`` for the workspace.
            integration: of this integration, such as ``"ftrack"``, rather than an entity.
            data: what else the setting needs to be found.

        Returns:
            The value; ``None`` when there is none.

        Example::

            limit = await session.get_setting("job_speed_limit", "queue", queue["id"])
        """
        # The official client sends the type as it was written, here too.
        asked: dict[str, Any] = {"entitytype": entitytype, "name": name}
        if integration:
            asked["integration"] = integration
        asked["data"] = data
        reply = await self._event("GET", "setting", asked, entityid=optional_id(entityid))
        return reply.get("result")

    async def get_settings(
        self,
        entitytype: str | None = None,
        entityid: str | None = None,
        recursive: bool = False,
        upstream: bool = False,
        omit_defaults: bool = True,
        share: str | None = None,
    ) -> dict[str, Any]:
        """Get the settings of an entity.

        Not in older workspaces (v1).

        Args:
            entitytype: ``"job"``, ``"volume"``, ``"user"``, ``"queue"`` …; ``None`` for
                the workspace.
            entityid: which one; ``None`` for the workspace.
            recursive: with those of what lies below, such as folders of a volume.
            upstream: with what is inherited.
            omit_defaults: without what was never changed.
            share: id or code of a share, where that matters.

        Returns:
            Values by name.

        Example::

            settings = await session.get_settings("queue", queue["id"], upstream=True)
        """
        self._needs_v3("get_settings")
        asked: dict[str, Any] = {
            "entitytype": entity_type(entitytype) if entitytype else entitytype,
            "recursive": recursive,
            "upstream": upstream,
            "omit_defaults": omit_defaults,
        }
        if share:
            asked["share"] = share
        reply = await self._event("GET", "setting", asked, entityid=optional_id(entityid))
        return reply.get("result") or {}

    @in_v1(
        "name value entitytype entityid",
        defaults={"entitytype": "workspace"},
        scope="entitytype",
        entity_id="entityid",
    )
    async def set_setting(self, entitytype: str, name: str, value: str, entityid: str | None = None) -> bool:
        """Set a setting.

        Args:
            entitytype: ``"workspace"``, ``"job"``, ``"volume"``, ``"user"``, ``"queue"`` …
            name: which one.
            value: a text; a ``dict`` is written as JSON first, a time in ISO 8601.
            entityid: which entity; ``None`` for the workspace.

        Returns:
            Whether it was set.

        Example::

            await session.set_setting("workspace", "job_speed_limit", "100")
        """
        kind = entity_type(entitytype)
        text("name", name)
        if not isinstance(value, str):
            raise ArgumentError("value is a text; write a dict as JSON first, a time in ISO 8601")
        data = {"entitytype": kind, "name": name, "value": value}
        reply = await self._event("PUT", "setting", data, entityid=optional_id(entityid))
        return bool(reply.get("result"))

    async def delete_setting(self, entitytype: str, name: str, entityid: str | None = None) -> bool:
        """Take a setting away, so that the default holds.

        Not in older workspaces (v1).

        Args:
            entitytype: as for ``set_setting``.
            name: which one.
            entityid: which entity; ``None`` for the workspace.

        Returns:
            Whether it was deleted.

        Example::

            await session.delete_setting("queue", "job_speed_limit", queue["id"])
        """
        self._needs_v3("delete_setting")
        data = {"entitytype": entity_type(entitytype), "name": text("name", name)}
        return bool(await self._remove("setting", data, optional_id(entityid)))
