"""What type checkers must refuse: each line that ends in ``# wrong`` and no other."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress

from accsyn_async import JobSettings, Session, TaskSpec, TransferSpec, where
from accsyn_async.progress import rich_progress, tqdm_progress


async def mistakes(session: Session) -> None:
    await session.find(5)  # wrong
    await session.find("Transfer", finishd=True)  # wrong
    await session.find("Transfer", limit="5")  # wrong
    await session.find(where("Transfer"), attributes="name")  # wrong
    row = await session.find_one("Transfer WHERE status=running")
    print(row["status"])  # wrong
    if row is not None:
        print(row["colour"])  # wrong
        row["progress"] + "%"  # wrong
    jobs = await session.find_jobs(finished="yes")  # wrong
    print(jobs[0].sped)  # wrong
    where("Transfer", status="running") & "progress>5"  # wrong
    await session.update_many("task", {"id": "x"}, "6971e16fceadd67b955b1995")  # wrong
    await session.set_setting("workspace", "name", 5)  # wrong
    Session(api_version="v2")  # wrong
    Session(pwd=lambda: 5)  # wrong
    await session.wait("6971e16fceadd67b955b1995", timeout="1h")  # wrong
    session.find("Transfer").status  # wrong
    TaskSpec("a.mov", "site=berlin", priority="high")  # wrong
    TransferSpec("a.mov", "site=berlin", status="running")  # wrong
    TransferSpec("a.mov", "site=berlin", prority=5)  # wrong
    JobSettings(transfer_mode="move")  # wrong
    await session.submit("share=projects/a.mov")  # wrong
    await session.ensure_transfer("Daily", "hq", "site=berlin")  # wrong
    rich_progress(session.watch("Transfer"), progress=Progress(), console=Console())  # wrong
    rich_progress(session)  # wrong
    tqdm_progress(session.watch("Transfer"), tqdm=print)  # wrong
