"""The jobs of accsyn's documents, written in Python, by the names of the examples."""

from __future__ import annotations

from collections.abc import Mapping

from accsyn_async import (
    ComputeSpec,
    JobSettings,
    JobSpec,
    Location,
    Party,
    TaskSpec,
    TransferSpec,
)

__all__ = ["TYPED", "TYPED_TASKS"]

PROJECTS = Location.on_share("projects")
PLATES = PROJECTS / "thefilm" / "010"
TRAILER = Location.on_share("myproject", "delivery/TRAILER_screening_v003.mov")
GOT = "share=projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012"
JPEG = "lfm/114/290/lfm_114_290.jpg"
BERLIN = Party.site("berlin")
BACKUP = Party.site("backup")
COMPANY = Party.workspace("mycompany")
HOME = Location.on_share("john@acmefilm.co.uk")
DOWNLOAD = "C:\\Users\\John\\Download\\accsyn\\"
TO_BID = Party.user("lisa@mail.com").at("/Volumes/media/_TO_BID")
TAKE = "EP000_SC0110_SL02_PS01_TK01"
BUCKETS = JobSettings(task_bucketsize=1)


def _pick_up(file: str, what: str) -> TaskSpec:
    return TaskSpec(compute={"parameters": {"file": file}}, description=f"Pickup and name {what}.")


TYPED: Mapping[str, JobSpec] = {
    "the structure, older": TransferSpec(
        extra={"code": "My transfer"},
        tasks=[TaskSpec(PLATES, BERLIN)],
        settings=BUCKETS,
        metadata={"artist": "malcolm"},
    ),
    "the structure": TransferSpec(
        extra={"code": "My transfer"},
        tasks={"0": TaskSpec(PLATES, BERLIN)},
        settings=BUCKETS,
        metadata={"artist": "malcolm"},
    ),
    "a download, paused": TransferSpec(TRAILER, "/Volumes/EDIT/from_client", status="paused"),
    "to one of several clients": TransferSpec(
        TRAILER, Party.client("664f53b16aa9149860da9d9c").at("/Volumes/EDIT/from_client")
    ),
    "a download, simplified": TransferSpec(JPEG, f"D:/work/{JPEG}"),
    "a download, in full": TransferSpec(
        COMPANY.at(f"volume=projects/{JPEG}"), Party.user("emelie@mycompany.com").at(f"D:/work/{JPEG}")
    ),
    "folders to a home, in a queue": TransferSpec(
        tasks=[
            TaskSpec("/Users/john/Desktop/delivery", HOME),
            TaskSpec("/Users/john/Desktop/references", HOME),
        ],
        queue="low_prio",
    ),
    "from a home, tasks by their uris": TransferSpec(
        tasks={
            "0": TaskSpec("20180413/script_v001.pdf", DOWNLOAD),
            "1": TaskSpec("20180413/offline_v001.mp4", DOWNLOAD),
        }
    ),
    "a folder to a shared folder": TransferSpec(
        "/Users/john/Desktop/new_scans", Location.on_share("thefilm", "from_john/20180413/")
    ),
    "to a site, mirrored, older": TransferSpec(PLATES, Party.site("stockholm")),
    "to a site, mirrored": TransferSpec(PLATES, BERLIN),
    "from a site to the main one": TransferSpec(Party.site("google").at(GOT), Party.workspace("company")),
    "from a site to another": TransferSpec(Party.site("cloud").at(GOT), BERLIN),
    "back from a site, with metadata": TransferSpec(
        tasks=[
            TaskSpec(
                BERLIN.at("projects/racing2019_grade/davinci_files"),
                Party.workspace("myorg"),
                metadata={"app": "davinci_resolve"},
            )
        ],
        metadata={"artist": "malcolm"},
    ),
    "not over what exists": TransferSpec(
        tasks=[
            TaskSpec(
                r"E:\racing2019_grade\davinci_files\final_export.mov",
                COMPANY.at("share=racing2019_grade/FROM_EDIT/final_export.mov"),
                settings=JobSettings(transfer_ignore_existing="file"),
            )
        ]
    ),
    "without temporary files and numbers": TransferSpec(
        tasks=[
            TaskSpec(
                r"F:\BIGGIE",
                COMPANY.at(r"share=projects\__UPLOADS\BIGGIE"),
                settings=JobSettings(transfer_exclude=["*tmp", "re('[0-9]')"]),
            )
        ]
    ),
    "the more important first": TransferSpec(
        tasks=[
            TaskSpec("share=bidding/LFM/brief_v001.pdf", TO_BID, priority=999),
            TaskSpec("share=bidding/LFM/material.rar", TO_BID),
        ]
    ),
    "a part of a sequence": TransferSpec(
        tasks=[TaskSpec(BERLIN.at("myproj/images/movie.%04d.jpg[100-167]"), Party.site("london"))]
    ),
    "a placeholder": TransferSpec(
        tasks=[TaskSpec(Party.site("cloud").at("share=projects/nofile"), Party.site("hq"), status="excluded")]
    ),
    "from two shares": TransferSpec(
        extra={"code": "My download"},
        tasks=[
            TaskSpec(Location.on_share("share1", "file.001"), "john@user.com/X:/download"),
            TaskSpec(Location.on_share("share2", "file.002"), "john@user.com/X:/download"),
        ],
    ),
    "a backup": TransferSpec("share=raid01/projects", BACKUP, extra={"code": "Daily backup"}),
    "a backup, in buckets": TransferSpec(
        extra={"code": "Daily backup"},
        tasks=[
            TaskSpec("share=raid01/projects/PROJ001", BACKUP),
            TaskSpec("share=raid01/projects/PROJ002", BACKUP),
        ],
        settings=BUCKETS,
    ),
    "a pipeline": ComputeSpec(
        "pipeline",
        name="Mocap shoot pipeline job - 260217",
        description="Daily shoot post processing pipeline job.",
        settings=BUCKETS,
        filters="",
        metadata={"daily_path": r"Z:\HFSUR\06_Harvest\260217"},
        tasks={
            TAKE: TaskSpec(
                description=f"Post process take: {TAKE}",
                metadata={
                    "take_name": TAKE,
                    "take_metadata_path": rf"Z:\HFSUR\06_Harvest\260217\{TAKE}.json",
                },
                tasks={
                    "pickup": TaskSpec(
                        description=f"Pickup and name files for take: {TAKE}",
                        compute={"parameters": {"action": "shoot-pickup"}},
                        tasks={
                            "0": _pick_up("mocap.tak", "Mocap take"),
                            "1": _pick_up("ref-camera.mov", "floor reference camera"),
                            "2": _pick_up("sound.wav", "studio recorded audio"),
                        },
                    ),
                    "notify-pickup-done": TaskSpec(
                        description="Notify someone that we are done.", deps=[f"{TAKE}/pickup"]
                    ),
                },
            )
        },
    ),
}
"""What is submitted. What is called ``code`` is the older name of ``name``."""

TYPED_TASKS: Mapping[str, list[TaskSpec | str]] = {
    "a file joins, mirrored": ["/Volumes/projects/creatures_showreel_2018.mov"],
    "a volume joins, mirrored": ["/Volumes/projects/"],
    "a file joins a download": [
        TaskSpec("_REF/creatures_showreel_2018.mov", "/Users/johndoe/Downloads/creatures_showreel_2018.mov")
    ],
}
"""What is added."""
