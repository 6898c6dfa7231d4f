"""Every call, all topics together."""

from __future__ import annotations

from accsyn_async.api.access import AccessCalls
from accsyn_async.api.assignments import AssignmentCalls
from accsyn_async.api.clients import ClientCalls
from accsyn_async.api.entities import EntityCalls
from accsyn_async.api.files import FileCalls
from accsyn_async.api.jobs import JobCalls
from accsyn_async.api.keys import KeyCalls
from accsyn_async.api.local import LocalCalls
from accsyn_async.api.paging import PageCalls
from accsyn_async.api.publishing import PublishCalls
from accsyn_async.api.records import RecordCalls
from accsyn_async.api.settings import SettingCalls

__all__ = ["Calls"]


class Calls(
    EntityCalls,
    JobCalls,
    PageCalls,
    RecordCalls,
    AssignmentCalls,
    AccessCalls,
    FileCalls,
    SettingCalls,
    KeyCalls,
    PublishCalls,
    ClientCalls,
    LocalCalls,
):
    """What a session can be asked."""
