"""Calls of the official client 2.2.1: as it is called, and as the same is called here."""

from __future__ import annotations

from typing import Any

from tests.official.calls_v3 import JOB, SERVER, SHARE

Call = tuple[str, tuple[Any, ...], dict[str, Any]]

TASKS = [{"id": "cc5f2afa", "status": "onhold"}]

SAME: list[Call] = [
    ("find", ("Job",), {}),
    ("find", ("entitytypes",), {}),
    ("find", ("attributes WHERE entitytype=job",), {"create": True}),
    ("find", ("Job where status=aborted",), {"finished": True}),
    ("find", ("Job where status=done",), {"archived": True}),
    ("find", ('job WHERE ((user=5bfe AND source!=hq) OR status<>failed) AND code="Daily backup"',), {}),
    ("find", ("Job",), {"skip": 100, "limit": 50, "attributes": ["source", "destination"]}),
    ("find", (f"task WHERE job.id={JOB} AND status<>executing",), {}),
    ("find", ("Queue",), {}),
    ("find", ("Site WHERE code=Berlin",), {}),
    ("find", ("User",), {"offline": True}),
    ("find", ("Share",), {"offline": False}),
    ("find_one", ('Job where code="x and y.png"',), {}),
    ("find_one", ("User",), {}),
    ("find_one", ("entitytypes",), {}),
    ("find_one", ("Job", ["id", "name"], True, None, False), {}),
    ("find", ("Job", ["source"]), {}),
    ("find", ("User", None, None, True, False, 3, 4), {}),
    ("find", ("attributes WHERE entitytype=job", None, None, None, None, None, None, True, True), {}),
    ("report", (f"job WHERE id={JOB}",), {}),
    ("metrics", (f"job WHERE id={JOB}",), {}),
    ("metrics", ("queue",), {"attributes": ["size"], "time": "1h"}),
    ("metrics", ("job", None), {}),
    ("metrics", ("job", [], "1h"), {}),
    ("create", ("Job", {"tasks": [{"source": "a", "destination": "b"}]}), {}),
    ("create", ("job", '{"source": "a", "destination": "b"}'), {"allow_duplicates": False}),
    ("create", ("task", {"tasks": ["/Volumes/projects/"]}, JOB), {}),
    ("create", ("Task", {"source": "a", "destination": "b"}, JOB), {"allow_duplicates": False}),
    ("create", ("Task", {"source": "a", "destination": "b"}), {"entitytype_id": JOB}),
    ("create", ("Queue", {"code": "low"}), {}),
    ("create", ("Site", {"code": "berlin"}), {}),
    ("create", ("acl", {"entity": "user:1", "target": "share:2"}), {}),
    ("create", ("Job", {"tasks": [{"source": "x" * 500, "n": n} for n in range(300)]}), {}),
    ("update", ("job", JOB, {"status": "paused"}), {}),
    ("update", ("queue", JOB, {"priority": 3}), {}),
    ("update", ("site", JOB, {"name": "x"}), {}),
    ("update", ("acl", JOB, {"write": True}), {}),
    ("update_one", ("Job", JOB, {"status": "waiting"}), {}),
    ("update_many", ("task", TASKS), {"entityid": JOB}),
    ("update_many", ("Task", TASKS, JOB), {}),
    ("update_many", ("Task", TASKS, "a-code"), {}),
    ("assign", ("share", "server", {"share": SHARE, "client": SERVER, "main": True}), {}),
    ("assign", ("share", "server", {"share": SHARE, "client": SERVER, "site": True}), {}),
    ("assignments", ("share", SHARE), {}),
    ("assignments", ("Share", SHARE), {}),
    ("deassign", ("share", "server", {"share": SHARE, "client": SERVER, "main": True}), {}),
    ("offline_one", ("share", SHARE), {}),
    ("delete_one", ("Job", JOB), {}),
    ("delete_one", ("queue", JOB), {}),
    ("delete_one", ("acl", JOB), {}),
    ("ls", ("share=projects", True, 3, True, False, True, "*.mov", "b*"), {}),
    ("getsize", ("share=projects", "*.mov"), {}),
    ("exists", ("share=projects/a",), {}),
    ("mkdir", ("share=projects/new",), {}),
    ("rename", ("share=projects/a", "share=projects/b"), {}),
    ("mv", ("share=projects/a", "share=projects/dir/"), {}),
    ("prepublish", ([{"filename": "d", "is_dir": True, "files": [{"filename": "b", "size": 7}]}],), {}),
    ("get_setting", ("job_speed_limit",), {}),
    ("get_setting", ("x", "Queue", JOB, "ftrack", {"a": 1}), {}),
    ("get_setting", ("x",), {"scope": "queue", "entity_id": JOB, "integration": "ftrack", "data": {"a": 1}}),
    ("set_setting", ("a", "b"), {}),
    ("set_setting", ("a", "b", "queue", JOB), {}),
    ("set_setting", ("a", "b"), {"scope": "queue", "entity_id": JOB}),
    ("get_api_key", (), {}),
    ("get_session_key", (), {}),
    ("generate_session_key", (), {}),
    ("generate_session_key", (3600,), {}),
    ("generate_session_key", ("1h",), {}),
    ("gui_is_running", (), {}),
    ("server_is_running", (), {}),
    ("integration", ("ftrack", "sync", {"a": 1}), {}),
    ("get_hostname", (), {}),
    ("get_last_message", (), {}),
]

OTHERWISE: list[tuple[Call, Call]] = [
    # The same call in the words of 2.2.1 and in those of 3.4.0.
    (
        ("get_setting", ("x",), {"scope": "queue", "entity_id": JOB}),
        ("get_setting", ("x",), {"entitytype": "queue", "entityid": JOB}),
    ),
    (
        ("set_setting", ("a", "b"), {"scope": "queue", "entity_id": JOB}),
        ("set_setting", (), {"entitytype": "queue", "name": "a", "value": "b", "entityid": JOB}),
    ),
    (("find", ("Job", ["source"]), {}), ("find", ("Job",), {"attributes": ["source"]})),
    (("find", ("Job",), {}), ("find", ("Transfer",), {})),
    (("find", (f"task WHERE job.id={JOB}",), {}), ("find", ("Task",), {"entityid": JOB})),
    (("find", ("User",), {"offline": True}), ("find", ("User",), {"inactive": True})),
    (("offline_one", ("share", SHARE), {}), ("deactivate_one", ("Folder", SHARE), {})),
    (("gui_is_running", (), {}), ("app_is_running", (), {})),
    (("server_is_running", (), {}), ("daemon_is_running", (), {})),
    (
        ("assign", ("share", "server", {"share": SHARE, "client": SERVER, "main": True}), {}),
        ("assign", ("volume", "server", {"volume": SHARE, "server": SERVER, "main": True}), {}),
    ),
]

CALLS: list[tuple[Call, Call]] = [*((call, call) for call in SAME), *OTHERWISE]
"""Each call twice: for 2.2.1, and for the session here."""
