"""The jobs in accsyn's documents, character by character."""

from __future__ import annotations

from tests.jobs.example import Example, Repair

__all__ = ["JOBS"]

EMELIE = "emelie@mycompany.com"
JOHN = "john@acmefilm.co.uk"
JOHN_OUTSIDE = "john@user.com"
LISA = "lisa@mail.com"
GOT = "projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012"
TWICE = r"a backslash is written twice in JSON: C:\\Users\\john"
BRACE = "a job begins with {, a list of tasks with ["
VALUE = "a value is missing: a text in double quotes, a number, true, false, null, a list or an object"


def named(file: str, folder: str, where: str = "destination") -> str:
    """What is said of a folder without a slash."""
    return f"{where}: a file would be named '{folder}'; end a folder with a slash: {file}"


JOBS = (
    Example(
        name="the structure, older",
        seeds=("002",),
        text="""
.. job attributes ..,

"tasks": .. list or JSON ..,

"settings": .. JSON ..

"metadata": .. JSON ..
""",
        repairs=(
            Repair(f"line 2, column 1: {BRACE}", ".. job attributes ..", '{"code":"My transfer"'),
            Repair(
                f"line 4, column 10: {VALUE}",
                ".. list or JSON ..",
                '[{"source":"share=projects/thefilm/010", "destination":"site=berlin"}]',
            ),
            Repair(
                f"line 6, column 13: {VALUE}",
                '"settings": .. JSON ..',
                '"settings": {"task_bucketsize":"1"},',
            ),
            Repair(f"line 8, column 13: {VALUE}", ".. JSON ..", '{"artist":"malcolm"}}'),
        ),
        arrives={"berlin/projects/thefilm/010/plate.exr": "projects/thefilm/010/plate.exr"},
    ),
    Example(
        name="the structure",
        seeds=("004",),
        text="""{
.. job attributes ..,
"tasks": .. list or JSON ..,
"settings": .. JSON ..
"metadata": .. JSON ..
}""",
        repairs=(
            Repair(
                "line 2, column 1: the name of an attribute in double quotes is missing",
                ".. job attributes ..",
                '"code":"My transfer"',
            ),
            Repair(
                f"line 3, column 10: {VALUE}",
                ".. list or JSON ..",
                '{"0": {"source":"share=projects/thefilm/010", "destination":"site=berlin"}}',
            ),
            Repair(
                f"line 4, column 13: {VALUE}", '"settings": .. JSON ..', '"settings": {"task_bucketsize":"1"}'
            ),
            Repair("line 5, column 1: a comma is missing", '"1"}', '"1"},'),
            Repair(f"line 5, column 13: {VALUE}", ".. JSON ..", '{"artist":"malcolm"}'),
        ),
        arrives={"berlin/projects/thefilm/010/plate.exr": "projects/thefilm/010/plate.exr"},
    ),
    Example(
        name="a download, paused",
        seeds=("001",),
        text='{ "source":"share=myproject/delivery/TRAILER_screening_v003.mov", '
        '"destination":"/Volumes/EDIT/from_client", "status":"paused" }',
        warnings=(named("/Volumes/EDIT/from_client/", "from_client"),),
        status="paused",
    ),
    Example(
        name="to one of several clients",
        seeds=("001",),
        text='"destination":"client=664f53b16aa9149860da9d9c:/Volumes/EDIT/from_client"',
        repairs=(
            Repair(
                f"line 1, column 1: {BRACE}",
                '"destination":',
                '{ "source":"share=myproject/delivery/TRAILER_screening_v003.mov", "destination":',
            ),
            Repair(
                "line 1, column 140: it ends too early; a bracket or brace is not closed",
                'from_client"',
                'from_client" }',
            ),
        ),
        warnings=(named("client=664f53b16aa9149860da9d9c:/Volumes/EDIT/from_client/", "from_client"),),
        world={"664f53b16aa9149860da9d9c": "client"},
        arrives={"local/Volumes/EDIT/from_client": "projects/myproject/delivery/TRAILER_screening_v003.mov"},
    ),
    Example(
        name="a download, simplified",
        seeds=("004",),
        text="""{
"source":"lfm/114/290/lfm_114_290.jpg",
"destination":"D:/work/lfm/114/290/lfm_114_290.jpg"
}""",
        user=EMELIE,
        arrives={"local/D/work/lfm/114/290/lfm_114_290.jpg": "projects/lfm/114/290/lfm_114_290.jpg"},
    ),
    Example(
        name="a download, in full",
        seeds=("004",),
        text="""{
"source":"mycompany:volume=projects/lfm/114/290/lfm_114_290.jpg",
"destination":"emelie@mycompany.com:D:/work/lfm/114/290/lfm_114_290.jpg"
}""",
        user=EMELIE,
        arrives={"local/D/work/lfm/114/290/lfm_114_290.jpg": "projects/lfm/114/290/lfm_114_290.jpg"},
    ),
    Example(
        name="folders to a home, in a queue",
        seeds=("004",),
        text="""{
"tasks":[
{
"source":"/Users/john/Desktop/delivery",
"destination":"share=john@acmefilm.co.uk"
},
{
"source":"/Users/john/Desktop/references",
"destination":"share=john@acmefilm.co.uk"
}
],
"queue":"low_prio"
}""",
        user=JOHN,
        arrives={
            f"projects/home/{JOHN}/delivery/a.mov": "local/Users/john/Desktop/delivery/a.mov",
            f"projects/home/{JOHN}/references/b.mov": "local/Users/john/Desktop/references/b.mov",
        },
    ),
    Example(
        name="from a home, tasks by their uris",
        seeds=("004",),
        text=r"""{
"tasks":{
"0":{
"source":"20180413/script_v001.pdf",
"destination":"C:\Users\John\Download\accsyn\"
},
"1":{
"source":"20180413/offline_v001.mp4",
"destination":"C:\Users\John\Download\accsyn\"
}
}""",
        repairs=(
            Repair(f"line 5, column 18: {TWICE}", "\\", r"\\"),
            Repair(
                "line 11, column 2: it ends too early; a bracket or brace is not closed", "}\n}", "}\n}\n}"
            ),
        ),
        user=JOHN,
        arrives={
            f"local/C/Users/John/Download/accsyn/{file}": f"projects/home/{JOHN}/20180413/{file}"
            for file in ("script_v001.pdf", "offline_v001.mp4")
        },
    ),
    Example(
        name="a folder to a shared folder",
        seeds=("002", "004"),
        text='{"source":"/Users/john/Desktop/new_scans", "destination":"share=thefilm/from_john/20180413/"}',
        arrives={
            "projects/thefilm/from_john/20180413/new_scans/c.tif": "local/Users/john/Desktop/new_scans/c.tif"
        },
    ),
    Example(
        name="to a site, mirrored, older",
        seeds=("002",),
        text='{ "source":"share=projects/thefilm/010", "destination":"site=stockholm" }',
        arrives={"stockholm/projects/thefilm/010/plate.exr": "projects/thefilm/010/plate.exr"},
    ),
    Example(
        name="to a site, mirrored",
        seeds=("004",),
        text='{ "source":"share=projects/thefilm/010", "destination":"site=berlin" }',
        arrives={"berlin/projects/thefilm/010/plate.exr": "projects/thefilm/010/plate.exr"},
    ),
    Example(
        name="from a site to the main one",
        seeds=("004",),
        text='{"source":"site=google:share=projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012",'
        '"destination":"company"}',
        unsure=(
            "destination: company can be a site, the workspace, or a file's name; "
            "write site=company, company: for the workspace, or ./company for a file",
        ),
        workspace="company",
        arrives={f"{GOT}/1.exr": f"google/{GOT}/1.exr"},
    ),
    Example(
        name="from a site to another",
        seeds=("004",),
        text="""{"source":"site=cloud:share=projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012",
"destination":"site=berlin"}""",
        arrives={f"berlin/{GOT}/2.exr": f"cloud/{GOT}/2.exr"},
    ),
    Example(
        name="back from a site, with metadata",
        seeds=("004",),
        text="""{"tasks":[{
"source":"site=berlin:projects/racing2019_grade/davinci_files",
"destination":"myorg",
"metadata":{"app":"davinci_resolve"}
}],
"metadata":{"artist":"malcolm"}
}""",
        unsure=(
            "tasks[0].destination: myorg can be a site, the workspace, or a file's name; "
            "write site=myorg, myorg: for the workspace, or ./myorg for a file",
        ),
        workspace="myorg",
        arrives={
            "projects/racing2019_grade/davinci_files/grade.drp": (
                "berlin/projects/racing2019_grade/davinci_files/grade.drp"
            )
        },
    ),
    Example(
        name="not over what exists",
        seeds=("004",),
        text=r"""{"tasks":[{
"source":"E:\racing2019_grade\davinci_files\final_export.mov",
"destination":"mycompany:share=racing2019_grade/FROM_EDIT/final_export.mov",
"settings":{"transfer_ignore_existing":"file"}
}]}""",
        repairs=(Repair(f"line 2, column 30: {TWICE}", "\\", r"\\"),),
    ),
    Example(
        name="without temporary files and numbers",
        seeds=("004",),
        text=r"""{"tasks":[{
"source":"F:\BIGGIE",
"destination":"mycompany:share=projects\__UPLOADS\BIGGIE",
"settings":{"transfer_exclude":"*tmp\,re('[0-9]')"}
}]}""",
        repairs=(
            Repair(f"line 2, column 13: {TWICE}", r"F:\BIGGIE", r"F:\\BIGGIE"),
            Repair(
                f"line 3, column 40: {TWICE}", r"projects\__UPLOADS\BIGGIE", r"projects\\__UPLOADS\\BIGGIE"
            ),
            Repair(f"line 4, column 37: {TWICE}", r"\,", r"\\,"),
        ),
        arrives={"projects/__UPLOADS/BIGGIE/keep.mov": "local/F/BIGGIE/keep.mov"},
    ),
    Example(
        name="the more important first",
        seeds=("004",),
        text="""{"tasks":[{
"source":"share=bidding/LFM/brief_v001.pdf",
"destination":"lisa@"mail.com:/Volumes/media/_TO_BID,
"priority":999
},{
"source":"share=bidding/LFM/material.rar",
"destination":"lisa@"mail.com:/Volumes/media/_TO_BID,
}]}""",
        repairs=(
            Repair(
                "line 3, column 22: a comma is missing, or the text goes on: "
                'inside it, a double quote is written \\"',
                '"mail',
                "mail",
            ),
            Repair(
                "line 3, column 53: a text ends on the line where it begins; close it with a double quote",
                "_TO_BID,",
                '_TO_BID",',
            ),
            Repair(
                "line 7, column 53: a comma stands before the }; remove it", '_TO_BID",\n}', '_TO_BID"\n}'
            ),
        ),
        warnings=tuple(
            named("lisa@mail.com:/Volumes/media/_TO_BID/", "_TO_BID", f"tasks[{number}].destination")
            for number in (0, 1)
        ),
        user=LISA,
        arrives={
            f"local/Volumes/media/_TO_BID/{file}": f"projects/bidding/LFM/{file}"
            for file in ("brief_v001.pdf", "material.rar")
        },
    ),
    Example(
        name="a part of a sequence",
        seeds=("004",),
        text="""{"tasks":[{
"source":"site=berlin:myproj/images/movie.%04d.jpg[100-167]",
"destination":"site=london",
}]}""",
        repairs=(Repair("line 3, column 28: a comma stands before the }; remove it", ",\n}", "\n}"),),
        arrives={
            f"london/projects/myproj/images/movie.{number}.jpg": (
                f"berlin/projects/myproj/images/movie.{number}.jpg"
            )
            for number in ("0100", "0167")
        },
    ),
    Example(
        name="a placeholder",
        seeds=("004",),
        text="""{"tasks":[{
"source":"site=cloud:share=projects/nofile",
"destination":"site=hq",
"status":"excluded"
}]}""",
    ),
    Example(
        name="from two shares",
        seeds=("004",),
        text="""{
"code":"My download",
"tasks":[
{
"source":"share=share1/file.001",
"destination":"john@user.com/X:/download"
},{
"source":"share=share2/file.002",
"destination":"john@user.com/X:/download"
},
]
}""",
        repairs=(Repair("line 10, column 2: a comma stands before the ]; remove it", "},\n]", "}\n]"),),
        warnings=tuple(
            warning
            for number in (0, 1)
            for warning in (
                f"tasks[{number}].destination: 'john@user.com/X:/download' has a slash behind the user; "
                "write john@user.com:X:/download",
                named("john@user.com:X:/download/", "download", f"tasks[{number}].destination"),
            )
        ),
        user=JOHN_OUTSIDE,
        arrives={
            "local/X/download/file.001": "projects/share1/file.001",
            "local/X/download/file.002": "projects/share2/file.002",
        },
    ),
    Example(
        name="a backup",
        seeds=("004",),
        text="""{
"code":"Daily backup",
"source":"share=raid01/projects",
"destination":"site=backup"
}""",
        arrives={
            f"backup/projects/raid01/projects/{file}": f"projects/raid01/projects/{file}"
            for file in ("PROJ001/a", "PROJ002/b")
        },
    ),
    Example(
        name="a backup, in buckets",
        seeds=("004",),
        text="""{
"code":"Daily backup",
"source":"share=raid01/projects",
"destination":"site=backup"
}
=>
{
"code":"Daily backup",
"tasks":[
{
"source":"share=raid01/projects/PROJ001",
"destination":"site=backup"
},{
"source":"share=raid01/projects/PROJ002",
"destination":"site=backup"
},
],
"settings":{"task_bucketsize":"1"}
}""",
        repairs=(
            Repair(
                "line 6, column 1: there is more behind the job's end; remove it",
                """{
"code":"Daily backup",
"source":"share=raid01/projects",
"destination":"site=backup"
}
=>
""",
                "",
            ),
            Repair("line 10, column 2: a comma stands before the ]; remove it", "},\n]", "}\n]"),
        ),
        arrives={
            f"backup/projects/raid01/projects/{file}": f"projects/raid01/projects/{file}"
            for file in ("PROJ001/a", "PROJ002/b")
        },
    ),
    Example(
        name="a pipeline",
        seeds=("004",),
        kind="compute",
        text=r"""{
"name": "Mocap shoot pipeline job - 260217",
"engine": "pipeline",
"settings": {
"task_bucketsize": 1
},
"filters": "",
"description": "Daily shoot post processing pipeline job.",
"tasks": {
"EP000_SC0110_SL02_PS01_TK01": {
"tasks": {
"pickup": {
"compute": {
"parameters": {
"action": "shoot-pickup"
}
},
"tasks": {
"0": {
"compute": {
"parameters": {
"file": "mocap.tak"
}
},
"description": "Pickup and name Mocap take."
},
"1": {
"compute": {
"parameters": {
"file": "ref-camera.mov"
}
},
"description": "Pickup and name floor reference camera."
},
"2": {
"compute": {
"parameters": {
"file": "sound.wav"
}
},
"description": "Pickup and name studio recorded audio."
}
},
"description": "Pickup and name files for take: EP000_SC0110_SL02_PS01_TK01"
},
"notify-pickup-done": {
"description": "Notify someone that we are done.",
"deps": [
"EP000_SC0110_SL02_PS01_TK01/pickup"
]
}
},
"metadata": {
"take_name": "EP000_SC0110_SL02_PS01_TK01",
"take_metadata_path": "Z:\\HFSUR\\06_Harvest\\260217\\EP000_SC0110_SL02_PS01_TK01.json"
},
"description": "Post process take: EP000_SC0110_SL02_PS01_TK01"
}
},
"metadata": {
"daily_path": "Z:\\HFSUR\\06_Harvest\\260217"
}
}""",
    ),
)
