"""What accsyn's documents send to jobs that are there, character by character."""

from __future__ import annotations

from tests.jobs.example import Example, Repair
from tests.support.company import FILES

__all__ = ["CALLS"]

EMELIE = "emelie@mycompany.com"
LISA = "lisa@mail.com"
QUOTES = "texts stand in double quotes (\"), not in '"

CALLS = (
    Example(
        name="a file joins, mirrored",
        seeds=("001",),
        text='{"tasks":["/Volumes/projects/creatures_showreel_2018.mov"]}',
        call="add",
        joins="to a site, mirrored",
        arrives={
            "berlin/projects/thefilm/010/plate.exr": "projects/thefilm/010/plate.exr",
            "berlin/projects/creatures_showreel_2018.mov": "projects/creatures_showreel_2018.mov",
        },
    ),
    Example(
        name="a volume joins, mirrored",
        seeds=("000",),
        text='{"tasks":["/Volumes/projects/"]}',
        call="add",
        joins="to a site, mirrored",
        arrives={f"berlin/{file}": file for file in FILES if file.startswith("projects/")},
    ),
    Example(
        name="a file joins a download",
        seeds=("001",),
        text='{ "tasks":{ "source":"_REF/creatures_showreel_2018.mov", '
        '"destination":"/Users/johndoe/Downloads/creatures_showreel_2018.mov" } }',
        call="add",
        joins="a download, simplified",
        user=EMELIE,
        arrives={
            "local/D/work/lfm/114/290/lfm_114_290.jpg": "projects/lfm/114/290/lfm_114_290.jpg",
            "local/Users/johndoe/Downloads/creatures_showreel_2018.mov": (
                "projects/_REF/creatures_showreel_2018.mov"
            ),
        },
    ),
    Example(
        name="a task is excluded",
        seeds=("000",),
        text="[{'id':'b8401ce0-9c6c-4c32-98c6-61d18db01f07', 'status':'excluded'}]",
        repairs=(Repair(f"line 1, column 3: {QUOTES}", "'", '"'),),
        call="update_many",
        joins="to a site, mirrored",
        world={"b8401ce0-9c6c-4c32-98c6-61d18db01f07": "task"},
    ),
    Example(
        name="a task is put on hold",
        seeds=("001",),
        text='[{ "id":"cc5f2afa-9ae4-46e0-9273-82ac802b20ff", "status":"onhold" }]',
        call="update_many",
        joins="to a site, mirrored",
        world={"cc5f2afa-9ae4-46e0-9273-82ac802b20ff": "task"},
        status="paused",
    ),
    Example(
        name="pause",
        seeds=("000",),
        text="{'status':\"paused\"}",
        repairs=(Repair(f"line 1, column 2: {QUOTES}", "'", '"'),),
        call="update",
        joins="to a site, mirrored",
        status="paused",
    ),
    Example(
        name="resume",
        seeds=("000", "001"),
        text="{'status':\"waiting\"}",
        repairs=(Repair(f"line 1, column 2: {QUOTES}", "'", '"'),),
        call="update",
        joins="a download, paused",
        arrives={"local/Volumes/EDIT/from_client": "projects/myproject/delivery/TRAILER_screening_v003.mov"},
    ),
    Example(
        name="abort",
        seeds=("000", "001"),
        text="{'status':\"aborted\"}",
        repairs=(Repair(f"line 1, column 2: {QUOTES}", "'", '"'),),
        call="update",
        joins="to a site, mirrored",
        status="aborted",
    ),
    Example(
        name="send a package again",
        seeds=("000",),
        text="{'status':\"pending\"}",
        repairs=(Repair(f"line 1, column 2: {QUOTES}", "'", '"'),),
        call="update",
        joins=("delivery", {"source": "lfm/114/290/lfm_114_290.jpg", "recipients": [LISA]}),
        status="waiting",
    ),
)
