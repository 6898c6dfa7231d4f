"""Right specifications, as accsyn's manuals show them and beyond, and the warnings that they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from accsyn_async.jobs.attributes import JobKind

__all__ = ["RIGHT", "Right"]

LISA = "lisa@example.com"
CLIENT = "client=6a479e243bed6009ac9d6763"
UNCLEAR = "{} can be a site, the workspace, or a file's name"
NOBODY = "nobody is named who receives it: accsyn {}"
MAPPED = "finds one only where the share is mapped on your own computer"
NAMED = "a file would be named {!r}"


@dataclass(frozen=True)
class Right:
    """A specification that will do: what it is, the job's kind, its JSON, and what each warning says."""

    what: str
    kind: JobKind
    document: dict[str, Any]
    warnings: tuple[str, ...] = ()
    workspace: str | None = None


def _sent(what: str, source: str, destination: str | None = None, *warnings: str, **more: Any) -> Right:
    ends = {"source": source} | ({} if destination is None else {"destination": destination})
    return Right(what, "transfer", ends | more, warnings)


SLIP = "'john@user.com/X:/download' has a slash behind the user"
NO_PLACE = "{} has no path, and {} may have no counterpart there"

RIGHT: Final[list[Right]] = [
    # The job specification.
    _sent(
        "a drop-off, minimal", "/home/Adrian/pitches/Prototype.zip", None, NOBODY.format("takes your home")
    ),
    _sent("a drop-off to one's home", "/home/Adrian/pitches/Prototype.zip", "~"),
    _sent(
        "a drop-off to a folder",
        "/home/Adrian/pitches/Prototype.zip",
        "~/preproduction/",
        name="Prototype send",
    ),
    _sent("a drop-off by another name", "/home/Adrian/pitches/Prototype.zip", "~/Prototype_260703.zip"),
    _sent("a download from one's home", "~/Material", "/Users/Adrian/Downloads/"),
    Right(
        "downloads to a client",
        "transfer",
        {
            "tasks": [
                {"source": "folder=thefilm/Material", "destination": f"{CLIENT}:/Users/Adrian/Downloads/"},
                {
                    "source": "collection=admin/Legal.docx",
                    "destination": f"{CLIENT}:/Users/Adrian/Downloads/",
                },
                {"source": "~/Agreement.pdf", "destination": f"{CLIENT}:/Users/Adrian/Downloads/"},
            ]
        },
    ),
    _sent("a download by hostname", "~/SketchesFinal", "emma@compers.com@PCLocal-001:/Users/Emma/Downloads/"),
    _sent("a download, mirrored", "folder=thefilm/WorkPackage", None, NOBODY.format(MAPPED)),
    _sent("an upload to the default volume", "D:/dev/pipeline/build/deployment", "_PIPELINE/live/deployment"),
    _sent("a queue", "volume=assets/Flies/Fireflies_001", "D:/work/ASSETS/Fireflies_001", queue="High"),
    _sent(
        "a download in full",
        "thecompany:volume=assets/Flies/Fireflies_001",
        "john@thecompany.com:D:/work/ASSETS/Fireflies_001",
    ),
    _sent("an upload to a folder", "/Users/john/Desktop/new_scans", "folder=thefilm/from_john/20180413/"),
    _sent("to a site, mirrored", "volume=projects/thefilm/SCENES", "site=berlin"),
    _sent("from a site, mirrored", "site=berlin:thefilm/OUTPUT"),
    _sent(
        "to a site by its code alone",
        "site=cloud:share=render/got/comp_v012",
        "berlin",
        UNCLEAR.format("berlin"),
    ),
    _sent(
        "to a mapped share",
        "share=thefilm/_OUTSOURCING/Paint_and_cleanup-Compers-260703",
        "emma@compers.com:share=thefilm/_FROM_THECOMPANY/",
    ),
    _sent("to a client, mirrored", "volume=projects/Admin/TheFilm_OS_TC.docx", CLIENT),
    _sent("pulled from a user", "emma@compers.com:share=(default)/DELIVERY/WIP-260703.zip"),
    Right(
        "metadata and a mode",
        "transfer",
        {
            "tasks": [
                {
                    "source": "site=berlin:projects/racing2019_grade/davinci_files",
                    "destination": "myorg",
                    "metadata": {"app": "davinci_resolve"},
                }
            ],
            "metadata": {"artist": "malcolm"},
            "settings": {"transfer_mode": "onewaysync"},
        },
        (UNCLEAR.format("myorg"),),
    ),
    Right(
        "to the workspace by its code alone",
        "transfer",
        {"source": "site=berlin:projects/davinci_files", "destination": "MyOrg"},
        workspace="myorg",
    ),
    Right(
        "existing files",
        "transfer",
        {
            "tasks": [
                {
                    "source": "E:\\racing2019_grade\\davinci_files\\final_export.mov",
                    "destination": "mycompany:share=racing2019_grade/FROM_EDIT/final_export.mov",
                    "settings": {"transfer_ignore_existing": "file"},
                }
            ]
        },
    ),
    Right(
        "what is left out",
        "transfer",
        {
            "tasks": [
                {
                    "source": "F:\\BIGGIE",
                    "destination": "mycompany:share=projects\\__UPLOADS\\BIGGIE",
                    "settings": {"transfer_exclude": "*tmp\\,re('[0-9]')\\,re('x','I')"},
                }
            ]
        },
    ),
    Right(
        "priorities",
        "transfer",
        {
            "tasks": [
                {
                    "source": "share=bidding/LFM/brief_v001.pdf",
                    "destination": "lisa@mail.com:/Volumes/media/_TO_BID",
                    "priority": 1000,
                },
                {
                    "source": "share=bidding/LFM/material.rar",
                    "destination": "lisa@mail.com:/Volumes/media/_TO_BID",
                    "priority": 1,
                },
            ]
        },
        (NAMED.format("_TO_BID"), NAMED.format("_TO_BID")),
    ),
    Right(
        "a sequence",
        "transfer",
        {
            "tasks": [
                {"source": "site=berlin:myproj/images/movie.%04d.jpg[100-167]", "destination": "site=london"}
            ]
        },
    ),
    Right("a placeholder", "transfer", {"tasks": [{"source": "site=cloud:null", "status": "excluded"}]}),
    Right(
        "placeholders of one name",
        "transfer",
        {"tasks": [{"source": "site=cloud:null", "status": "excluded"}] * 2, "destination": "acme"},
    ),
    Right(
        "a placeholder for the workspace",
        "transfer",
        {
            "tasks": [
                {"source": "site=cloud:share=projects/nofile", "destination": "site=hq", "status": "excluded"}
            ]
        },
    ),
    Right(
        "files of several volumes",
        "transfer",
        {
            "code": "My download",
            "tasks": [
                {"source": "share=share1/file.001", "destination": "john@user.com/X:/download"},
                {"source": "share=share2/file.002", "destination": "john@user.com/X:/download"},
            ],
        },
        (SLIP, NAMED.format("download")) * 2,
    ),
    Right(
        "a daily backup",
        "transfer",
        {
            "code": "Daily backup",
            "tasks": [
                {"source": "share=raid01/projects/PROJ001", "destination": "site=backup"},
                {"source": "share=raid01/projects/PROJ002", "destination": "site=backup"},
            ],
            "settings": {"task_bucketsize": "1"},
        },
    ),
    _sent("paths of the manual", "/Volumes/projects/reference.tif", "racing2019_grade/test.abc"),
    _sent("the default volume", "volume=(default)/reference.tif", "C:\\Users\\john\\Desktop\\image.png"),
    _sent("a shared folder by its id", "folder=6734b3ca8c3592a922bdb0de/TO_ACME/source.rar", f"{LISA}:in/"),
    _sent("a user's mapped share, mirrored", "lisa@example.com:share=thefilm/a.zip", "site=berlin"),
    _sent("another's home", "home=john@user.com/UPLOAD/test.abc", "site=london"),
    # The official client's documentation of transfers.
    _sent(
        "a download, paused",
        "share=myproject/delivery/TRAILER_screening_v003.mov",
        "/Volumes/EDIT/from_client",
        NAMED.format("from_client"),
        status="paused",
    ),
    Right(
        "one task as an object",
        "transfer",
        {
            "tasks": {
                "source": "_REF/creatures_showreel_2018.mov",
                "destination": "/Users/johndoe/Downloads/creatures_showreel_2018.mov",
            }
        },
    ),
    # Of deliveries.
    Right(
        "a delivery",
        "delivery",
        {
            "name": "Project reference",
            "tasks": ["project/reference.png", "project/description.txt"],
            "recipients": ["demo.user@accsyn.com"],
        },
    ),
    Right("a draft of a delivery", "delivery", {"name": "Project references", "status": "init"}),
    Right(
        "a download of a delivery",
        "transfer",
        {"parent": "6971e16fceadd67b955b1995", "destination": "/tmp", "name": "Download 'Project reference'"},
    ),
    Right(
        "a delivery with all that it can have",
        "delivery",
        {
            "source": "site=berlin:share=projects/a/",
            "recipients": [LISA, "6676f3e9c7ef4e27da254e57", {"recipient": "john@user.com", "invite": False}],
            "message": "Here it is.",
            "expires": "2026-12-24",
            "hooks": {"post-done-server": "notify.sh"},
        },
    ),
    Right("a request", "request", {"recipients": [LISA], "destination": "thefilm/from_lisa/"}),
    Right(
        "a request to a word",
        "request",
        {"recipients": [LISA], "destination": "inbox", "expires": "2026-12-24T18:00:00"},
    ),
    Right("a request for a temporary folder", "request", {"recipients": [LISA], "status": "pending"}),
    Right("a draft of a request", "request", {"status": "init"}),
    Right("a stream", "stream", {"recipients": [LISA], "tasks": {"0": "share=projects/a.mov"}}),
    # Of compute jobs.
    Right(
        "a render",
        "compute",
        {
            "code": "test_v002.nk render",
            "input": "C:\\projects\\nuke\\vfx\\test_v002.nk",
            "parameters": {
                "input_conversion": "always",
                "arguments": "-txV",
                "remote_os": "windows",
                "mapped_share_paths": [
                    {"remote": "C:\\projects", "local": "share=5c5bf52a1da7ee0165105b85"},
                    {"remote": "E:\\tools", "local": "N:\\tools", "os": "windows"},
                ],
                "site": {
                    "local": {
                        "settings": {
                            "download": {"enable": "false"},
                            "upload": {"task_bucketsize": "1"},
                            "common": {"transfer_speedlimit": "2"},
                        }
                    }
                },
            },
            "app": "nuke-11",
            "range": "1001-1100",
            "dependencies": ["C:\\projects\\nuke\\src\\vh_gridtest.0099.jpg"],
            "filters": "ram:>32g,site:sthlm",
            "output": "C:\\projects\\nuke\\output",
            "settings": {"task_bucketsize": "5", "transfer_speedlimit": "-1"},
        },
    ),
    Right(
        "a render of a submitter",
        "compute",
        {"engine": "hello-world", "input": "share=p/a.txt", "output": "share=p/out", "range": "1001-1100"},
    ),
    Right(
        "a render with all that it can have",
        "compute",
        {
            "engine": "nuke",
            "range": "1-10 4, 5-250x5",
            "filters": "ram:<60GB,cores:=12,site:dupp+sthlm,hostname:*render*,pool:~mypool",
            "envs": {"common": {"FLEXLM_DIAGNOSTICS": "2"}, "windows": {"A": ""}},
            "parameters": {"arguments": ["-txV"], "input_conversion": "auto"},
            "compute": {"parameters": {"seconds": 1}},
            "append": True,
        },
    ),
    Right(
        "a range of one frame", "compute", {"engine": "nuke", "range": 7, "envs": {"A": "1"}, "filters": ""}
    ),
    Right(
        "nested tasks that wait for each other",
        "compute",
        {
            "name": "Mocap shoot pipeline job - 260217",
            "engine": "pipeline",
            "settings": {"task_bucketsize": 1},
            "filters": "",
            "description": "Daily shoot post processing pipeline job.",
            "tasks": {
                "TK01": {
                    "tasks": {
                        "pickup": {
                            "compute": {"parameters": {"action": "shoot-pickup"}},
                            "tasks": {
                                "0": {
                                    "compute": {"parameters": {"file": "mocap.tak"}},
                                    "description": "Pickup.",
                                },
                                "1": {"compute": {"parameters": {"file": "sound.wav"}}, "deps": []},
                            },
                        },
                        "notify-pickup-done": {"description": "Notify someone.", "deps": ["TK01/pickup"]},
                    },
                    "metadata": {"take_metadata_path": "Z:\\HFSUR\\06_Harvest\\260217\\TK01.json"},
                }
            },
            "metadata": {"daily_path": "Z:\\HFSUR\\06_Harvest\\260217"},
        },
    ),
    Right(
        "tasks without uris", "compute", {"engine": "e", "tasks": [{}, {"uri": "0"}, {"deps": ["0", "1"]}]}
    ),
    Right(
        "tasks whose uris begin alike",
        "compute",
        {"engine": "e", "tasks": {"a": {}, "ab": {"deps": ["a"]}, "b": {"deps": ["bc"]}, "bc": {}}},
    ),
    Right("lists of nothing", "compute", {"engine": "e", "dependencies": [], "tasks": [{"deps": []}]}),
    # Parties that may be the same.
    *(
        Right(
            f"{one} beside {other}",
            "transfer",
            {
                "tasks": [{"source": f"{one}:share=a/x"}, {"source": f"{other}:share=a/y"}],
                "destination": f"{LISA}:in/",
            },
        )
        for one, other in [
            ("acme", "hq"),
            ("acme", "stockholm"),
            ("acme", "site=acme"),
            ("hq", "site=HQ"),
            ("site=berlin", "site=Berlin"),
            ("site=berlin", "site=6611fbca3f8c4d3e7a3b678a"),
            ("hq", "site=6611fbca3f8c4d3e7a3b678a"),
            ("site=berlin", CLIENT),
            ("hq", CLIENT),
        ]
    ),
    *(
        Right(
            f"to {one} beside {other}",
            "transfer",
            {"source": "a/b", "tasks": [{"destination": f"{one}:in/"}, {"destination": f"{other}:in2/"}]},
        )
        for one, other in [
            (LISA, "Lisa@example.com"),
            (LISA, f"{LISA}@studio-7"),
            (f"{LISA}@Studio-7", f"{LISA}@studio-7"),
            (LISA, "user=6676f3e9c7ef4e27da254e57"),
            (LISA, CLIENT),
        ]
    ),
    Right(
        "ends of which only accsyn can tell whose they are",
        "transfer",
        {
            "tasks": [
                {"source": "/Volumes/p/a.mov"},
                {"source": "share=p/b.mov"},
                {"destination": "x", "source": "hq:c"},
            ],
            "destination": "site=berlin",
        },
        (UNCLEAR.format("x"),),
    ),
    # What nobody knows passes.
    _sent(
        "more than is known", "a/b.mov", "site=london", rush=True, settings={"mine": 1}, hooks={"mine": "x"}
    ),
    Right(
        "nothing in place of a value",
        "transfer",
        {"source": "a", "destination": "site=b", "queue": None, "settings": {"task_bucketsize": None}},
    ),
    _sent(
        "a comma within an expression",
        "share=projects/a.mov",
        "site=berlin",
        settings={"transfer_exclude": r"*.tmp\,re('a{1,2};','I')"},
    ),
]
