"""Tasks: added, doubled, replaced, held, left out, and changed by their ids and uris."""

from __future__ import annotations

from typing import Any

from tests.sandbox.official_lives.office import Office, all_refused, refused


def made(office: Office, *sources: str, destination: str = "/in/", **data: Any) -> Any:
    tasks = [{"source": source, "destination": destination} for source in sources]
    return office.admin.create("Transfer", {"tasks": tasks, **data})


def status(office: Office, job: Any) -> str:
    return str(office.admin.get_entity("Transfer", job["id"])["status"])


def states(office: Office, job: Any) -> dict[str, str]:
    return {task["uri"]: task["status"] for task in office.admin.find("Task", entityid=job["id"])}


def test_a_done_job_comes_back_to_life_with_a_task(office: Office) -> None:
    session = office.admin
    job = made(office, "a.mov")
    office.advance()
    assert status(office, job) == "done"
    task = session.create("Task", {"tasks": {"source": "show/b.mov", "destination": "/in/c.mov"}}, job["id"])
    assert (task["uri"], task["status"], task["job"]) == ("1", "queued", job["id"])
    assert [row["id"] for row in session.find("Transfer")] == [job["id"]]
    office.advance()
    assert status(office, job) == "done"
    assert office.local("in/c.mov").exists()
    # And with one that is tried again.
    office.local("in/a.mov").unlink()
    (row,) = session.update_many("Task", job["id"], [{"uri": "0", "status": "queued"}])
    assert (row["uri"], row["status"]) == ("0", "queued")
    office.advance()
    assert office.local("in/a.mov").exists()


def test_mirrored_tasks_need_no_destination(office: Office) -> None:
    session = office.admin
    job = session.create("Transfer", {"source": "share=projects/a.mov", "destination": "site=berlin"})
    for task in ("/Volumes/projects/show/b.mov", {"source": "show/deep"}):
        assert session.create("Task", {"tasks": [task]}, job["id"])["uri"] in "12"
    office.advance()
    assert status(office, job) == "done"
    assert office.remote("show/b.mov").exists()
    assert office.remote("show/deep/c.mov").exists()
    down = made(office, "a.mov", status="paused")
    with refused("E#J007"):
        session.create("Task", {"tasks": ["show/b.mov"]}, down["id"])


def test_duplicates(office: Office) -> None:
    session = office.admin
    job = made(office, "a.mov", "show/b.mov")
    office.advance()
    twin = {"source": "a.mov", "destination": "/in/", "metadata": {"take": 2}}
    with refused("E#J017"):
        session.create("Task", twin, job["id"], allow_duplicates=False)
    assert status(office, job) == "done"
    again = session.create("Task", twin, job["id"])
    assert (again["uri"], again["status"], again["metadata"]) == ("0", "queued", {})
    office.advance()
    replaced = session.create("Task", twin, job["id"], replace_duplicates=True)
    assert (replaced["uri"], replaced["metadata"]) == ("0", {"take": 2})
    office.advance()
    other = {"uri": "1", "source": "show/deep/c.mov", "destination": "/in/"}
    with refused("E#J018"):
        session.create("Task", other, job["id"])
    assert session.create("Task", other, job["id"], allow_duplicates=True)["source"]["path"] == "show/b.mov"
    assert (
        session.create("Task", other, job["id"], replace_duplicates=True)["source"]["path"]
        == "show/deep/c.mov"
    )
    office.advance()
    assert states(office, job) == {"0": "done", "1": "done"}
    assert office.local("in/c.mov").exists()
    twice = [{"source": "a.mov", "destination": "/x/"}] * 2
    with refused("E#J017"):
        session.create("Transfer", {"tasks": twice}, allow_duplicates=False)


def test_the_last_tasks_on_hold_pause_a_job(office: Office) -> None:
    session = office.admin
    job = made(office, "a.mov", "nothing.mov")
    office.advance(seconds=11)
    assert status(office, job) == "failed"
    assert states(office, job) == {"0": "done", "1": "failed"}
    (task,) = session.update_many("Task", job["id"], [{"uri": "1", "status": "onhold"}])
    assert (task["uri"], task["status"]) == ("1", "onhold")
    office.advance()
    assert status(office, job) == "paused"
    assert states(office, job) == {"0": "done", "1": "onhold"}
    office.put("nothing.mov")
    session.update_many("Task", job["id"], [{"id": task["id"], "status": "queued"}])
    office.advance()
    assert status(office, job) == "done"
    # One that is held from the beginning, and then left out.
    held = {"source": "show/b.mov", "destination": "/b/", "status": "onhold"}
    job = session.create(
        "Transfer", {"tasks": {"one": {**held, "status": "queued"}, "two": {**held, "source": "show"}}}
    )
    office.advance()
    assert (status(office, job), states(office, job)) == ("paused", {"one": "done", "two": "onhold"})
    session.update_many("Task", job["id"], [{"uri": "two", "status": "excluded"}])
    office.advance()
    assert status(office, job) == "done"
    # One that a user paused goes on only when told to, whatever is added.
    job = made(office, "a.mov", destination="/c/", status="paused")
    session.create("Task", {"source": "show", "destination": "/c/"}, job["id"])
    session.update_many("Task", job["id"], [{"uri": "0", "status": "onhold"}])
    office.advance()
    assert (status(office, job), states(office, job)) == ("paused", {"0": "onhold", "1": "queued"})
    session.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert (status(office, job), states(office, job)) == ("paused", {"0": "onhold", "1": "done"})
    session.create("Task", {"source": "show/b.mov", "destination": "/c/"}, job["id"])
    office.advance()
    assert states(office, job) == {"0": "onhold", "1": "done", "2": "done"}


def test_changes_by_id_and_uri(office: Office) -> None:
    session = office.admin
    job = made(office, "a.mov", "show/b.mov", "show/deep/c.mov", status="paused")
    first, second, third = session.find("Task", entityid=job["id"])
    rows = [
        {"id": first["id"], "status": "excluded", "metadata": {"why": "too big"}},
        {"uri": "1", "priority": 900},
        {"uri": "2", "status": "done"},
        {"id": second["id"], "metadata": {"a": [1]}},
    ]
    changed = session.update_many("Task", job["id"], rows)
    assert [(row["uri"], row["status"], row["priority"]) for row in changed] == [
        ("0", "excluded", 500), ("1", "queued", 900), ("2", "done", 500), ("1", "queued", 900),
    ]  # fmt: skip
    assert changed[0]["metadata"] == {"why": "too big"}
    assert session.find_one("Task WHERE metadata.why=*big", entityid=job["id"])["id"] == first["id"]
    assert [row["uri"] for row in session.find(f"Task WHERE job.id={job['id']} AND status!=done")] == [
        "0",
        "1",
    ]
    assert [row["uri"] for row in session.find("Task", entityid=job["id"], limit=1, skip=2)] == ["2"]
    session.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert status(office, job) == "done"
    assert [path.name for path in office.local("in").iterdir()] == ["b.mov"]
    all_refused(
        "E#J0",
        lambda: session.update_many("Task", job["id"], [{"uri": "9", "status": "done"}]),
        lambda: session.update_many("Task", job["id"], [{"uri": "0", "status": "executing"}]),
        lambda: session.update_many("Task", job["id"], [{"uri": "0", "source": "b.mov"}]),
        lambda: session.update_many("Task", job["id"], [{"uri": "0", "priority": 0}]),
        lambda: session.update_many("Task", job["id"], [{"status": "done"}]),
        lambda: session.create("Task", {"source": "a.mov", "destination": "site=berlin"}, job["id"]),
        lambda: session.create("Task", {"destination": "/in/"}, job["id"]),
        lambda: session.create("Task", {"tasks": []}, job["id"]),
    )
    all_refused(
        "E#",
        lambda: session.delete_one("Task", third["id"]),
        lambda: session.create("Task", {"source": "a.mov", "destination": "/in/"}, "0" * 24),
        lambda: session.find("Task"),
    )
    assert states(office, job) == {"0": "excluded", "1": "done", "2": "done"}


def test_many_at_once(office: Office) -> None:
    session = office.admin
    job = made(
        office, *(f"{number:04d}.exr" for number in range(2000)), destination="site=berlin", status="paused"
    )
    added = session.create("Task", {"tasks": [f"more/{number}.exr" for number in range(2000)]}, job["id"])
    assert len(added) == 2000
    rows = [{"uri": str(number), "status": "excluded"} for number in range(3999)]
    assert len(session.update_many("Task", job["id"], rows)) == 3999
    assert [row["uri"] for row in session.find("Task WHERE status=queued", entityid=job["id"])] == ["3999"]
