"""Every party and path that the product's documents show is read for what it is, and written as it was."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from accsyn_async.jobs.notation import Location, Party, Share

LISA = Party.user("lisa@mail.com")
JOHN = Party.user("john@user.com")
BERLIN = Party.site("berlin")
COMPANY = Party.workspace("mycompany")
CLIENT = Party.client("664f53b16aa9149860da9d9c")
PROJECTS = Share("share", "projects")
TAKE = "got_sc01_sh01_comp_v012"


class Read(NamedTuple):
    """What is read; by default a file by a relative path, at nobody."""

    party: Party | None = None
    share: Share | None = None
    inner: str = ""
    parts: tuple[str, ...] = ()
    absolute: bool = False
    folder: bool = False
    drive: str | None = None


SHOWN = [
    # Seeds 000 and 001.
    ("share=myproject/delivery/TRAILER_screening_v003.mov", Read(
        None, Share("share", "myproject"), "delivery/TRAILER_screening_v003.mov",
        ("delivery", "TRAILER_screening_v003.mov"))),
    ("/Volumes/EDIT/from_client", Read(
        None, None, "/Volumes/EDIT/from_client", ("Volumes", "EDIT", "from_client"), absolute=True)),
    ("client=664f53b16aa9149860da9d9c:/Volumes/EDIT/from_client", Read(
        CLIENT, None, "/Volumes/EDIT/from_client", ("Volumes", "EDIT", "from_client"), absolute=True)),
    ("/Volumes/projects/creatures_showreel_2018.mov", Read(
        None, None, "/Volumes/projects/creatures_showreel_2018.mov",
        ("Volumes", "projects", "creatures_showreel_2018.mov"), absolute=True)),
    ("/Volumes/projects/", Read(
        None, None, "/Volumes/projects/", ("Volumes", "projects"), absolute=True, folder=True)),
    ("_REF/creatures_showreel_2018.mov", Read(
        None, None, "_REF/creatures_showreel_2018.mov", ("_REF", "creatures_showreel_2018.mov"))),
    ("/Users/johndoe/Downloads/creatures_showreel_2018.mov", Read(
        None, None, "/Users/johndoe/Downloads/creatures_showreel_2018.mov",
        ("Users", "johndoe", "Downloads", "creatures_showreel_2018.mov"), absolute=True)),
    ("/Users/tommy/Downloads/", Read(
        None, None, "/Users/tommy/Downloads/", ("Users", "tommy", "Downloads"), absolute=True, folder=True)),
    ("X:\\", Read(None, None, "X:\\", (), absolute=True, folder=True, drive="X:")),
    ("X:\\A001_C011_09187Ia.mov", Read(
        None, None, "X:\\A001_C011_09187Ia.mov", ("A001_C011_09187Ia.mov",), absolute=True, drive="X:")),
    ("A001_C011_09187Ia.mov", Read(None, None, "A001_C011_09187Ia.mov", ("A001_C011_09187Ia.mov",))),
    # Seeds 002 and 004: paths.
    ("C:\\Users\\john\\Desktop\\image.png", Read(
        None, None, "C:\\Users\\john\\Desktop\\image.png", ("Users", "john", "Desktop", "image.png"),
        absolute=True, drive="C:")),
    ("/Volumes/projects/reference.tif", Read(
        None, None, "/Volumes/projects/reference.tif", ("Volumes", "projects", "reference.tif"),
        absolute=True)),
    ("share=projects/reference.tif", Read(None, PROJECTS, "reference.tif", ("reference.tif",))),
    ("share=john@user.com/UPLOAD/test.abc", Read(
        None, Share("share", "john@user.com"), "UPLOAD/test.abc", ("UPLOAD", "test.abc"))),
    ("myproject/reference.jpg", Read(None, None, "myproject/reference.jpg", ("myproject", "reference.jpg"))),
    ("racing2019_grade/test.abc", Read(
        None, None, "racing2019_grade/test.abc", ("racing2019_grade", "test.abc"))),
    ("racing2019_grade/", Read(None, None, "racing2019_grade/", ("racing2019_grade",), folder=True)),
    ("/Volumes/nas/TEMP", Read(None, None, "/Volumes/nas/TEMP", ("Volumes", "nas", "TEMP"), absolute=True)),
    ("/Volumes/nas/TEMP/", Read(
        None, None, "/Volumes/nas/TEMP/", ("Volumes", "nas", "TEMP"), absolute=True, folder=True)),
    ("/Volumes/nas/TEMP/x.jpeg", Read(
        None, None, "/Volumes/nas/TEMP/x.jpeg", ("Volumes", "nas", "TEMP", "x.jpeg"), absolute=True)),
    # Seeds 002 and 004: jobs.
    ("lfm/114/290/lfm_114_290.jpg", Read(
        None, None, "lfm/114/290/lfm_114_290.jpg", ("lfm", "114", "290", "lfm_114_290.jpg"))),
    ("D:/work/lfm/114/290/lfm_114_290.jpg", Read(
        None, None, "D:/work/lfm/114/290/lfm_114_290.jpg", ("work", "lfm", "114", "290", "lfm_114_290.jpg"),
        absolute=True, drive="D:")),
    ("mycompany:volume=projects/lfm/114/290/lfm_114_290.jpg", Read(
        COMPANY, Share("volume", "projects"), "lfm/114/290/lfm_114_290.jpg",
        ("lfm", "114", "290", "lfm_114_290.jpg"))),
    ("emelie@mycompany.com:D:/work/lfm/114/290/lfm_114_290.jpg", Read(
        Party.user("emelie@mycompany.com"), None, "D:/work/lfm/114/290/lfm_114_290.jpg",
        ("work", "lfm", "114", "290", "lfm_114_290.jpg"), absolute=True, drive="D:")),
    ("/Users/john/Desktop/delivery", Read(
        None, None, "/Users/john/Desktop/delivery", ("Users", "john", "Desktop", "delivery"), absolute=True)),
    ("share=john@acmefilm.co.uk", Read(None, Share("share", "john@acmefilm.co.uk"), folder=True)),
    ("20180413/script_v001.pdf", Read(
        None, None, "20180413/script_v001.pdf", ("20180413", "script_v001.pdf"))),
    ("C:\\Users\\John\\Download\\accsyn\\", Read(
        None, None, "C:\\Users\\John\\Download\\accsyn\\", ("Users", "John", "Download", "accsyn"),
        absolute=True, folder=True, drive="C:")),
    ("share=thefilm/from_john/20180413/", Read(
        None, Share("share", "thefilm"), "from_john/20180413/", ("from_john", "20180413"), folder=True)),
    ("share=projects/thefilm/010", Read(None, PROJECTS, "thefilm/010", ("thefilm", "010"))),
    (f"site=google:share=projects/got/sc01/sh01/render/{TAKE}", Read(
        Party.site("google"), PROJECTS, f"got/sc01/sh01/render/{TAKE}",
        ("got", "sc01", "sh01", "render", TAKE))),
    ("site=berlin:projects/racing2019_grade/davinci_files", Read(
        BERLIN, None, "projects/racing2019_grade/davinci_files",
        ("projects", "racing2019_grade", "davinci_files"))),
    ("E:\\racing2019_grade\\davinci_files\\final_export.mov", Read(
        None, None, "E:\\racing2019_grade\\davinci_files\\final_export.mov",
        ("racing2019_grade", "davinci_files", "final_export.mov"), absolute=True, drive="E:")),
    ("mycompany:share=racing2019_grade/FROM_EDIT/final_export.mov", Read(
        COMPANY, Share("share", "racing2019_grade"), "FROM_EDIT/final_export.mov",
        ("FROM_EDIT", "final_export.mov"))),
    ("F:\\BIGGIE", Read(None, None, "F:\\BIGGIE", ("BIGGIE",), absolute=True, drive="F:")),
    ("mycompany:share=projects\\__UPLOADS\\BIGGIE", Read(
        COMPANY, PROJECTS, "__UPLOADS\\BIGGIE", ("__UPLOADS", "BIGGIE"))),
    ("share=bidding/LFM/brief_v001.pdf", Read(
        None, Share("share", "bidding"), "LFM/brief_v001.pdf", ("LFM", "brief_v001.pdf"))),
    ("lisa@mail.com:/Volumes/media/_TO_BID", Read(
        LISA, None, "/Volumes/media/_TO_BID", ("Volumes", "media", "_TO_BID"), absolute=True)),
    ("site=berlin:myproj/images/movie.%04d.jpg[100-167]", Read(
        BERLIN, None, "myproj/images/movie.%04d.jpg[100-167]",
        ("myproj", "images", "movie.%04d.jpg[100-167]"))),
    ("mycompany:/projects/lfm/114/290/lfm_114_290.jpg", Read(
        COMPANY, None, "/projects/lfm/114/290/lfm_114_290.jpg",
        ("projects", "lfm", "114", "290", "lfm_114_290.jpg"), absolute=True)),
    ("john@user.com:projects/lfm/114/290/lfm_114_290.jpg", Read(
        JOHN, None, "projects/lfm/114/290/lfm_114_290.jpg",
        ("projects", "lfm", "114", "290", "lfm_114_290.jpg"))),
    ("site=cloud:share=projects/nofile", Read(Party.site("cloud"), PROJECTS, "nofile", ("nofile",))),
    ("Z:\\HFSUR\\06_Harvest\\260217\\EP000_SC0110_SL02_PS01_TK01.json", Read(
        None, None, "Z:\\HFSUR\\06_Harvest\\260217\\EP000_SC0110_SL02_PS01_TK01.json",
        ("HFSUR", "06_Harvest", "260217", "EP000_SC0110_SL02_PS01_TK01.json"), absolute=True, drive="Z:")),
    ("share=share1/file.001", Read(None, Share("share", "share1"), "file.001", ("file.001",))),
    ("share=raid01/projects", Read(None, Share("share", "raid01"), "projects", ("projects",))),
    # The other shares that seeds 001 and 002 name, one's own home, and a network share of Windows.
    ("folder=thefilm/in/a.mov", Read(None, Share("folder", "thefilm"), "in/a.mov", ("in", "a.mov"))),
    ("home=lisa@mail.com/in/", Read(None, Share("home", "lisa@mail.com"), "in/", ("in",), folder=True)),
    ("collection=dailies/a.mov", Read(None, Share("collection", "dailies"), "a.mov", ("a.mov",))),
    ("delivery=6971e16f/a.mov", Read(None, Share("delivery", "6971e16f"), "a.mov", ("a.mov",))),
    ("volume=projects", Read(None, Share("volume", "projects"), folder=True)),
    ("share=projects/", Read(None, PROJECTS, folder=True)),
    ("share=projects\\", Read(None, PROJECTS, folder=True)),
    ("~/UPLOAD/test.abc", Read(None, Share("home", "~"), "UPLOAD/test.abc", ("UPLOAD", "test.abc"))),
    ("~\\UPLOAD\\", Read(None, Share("home", "~"), "UPLOAD\\", ("UPLOAD",), folder=True)),
    ("~", Read(None, Share("home", "~"), folder=True)),
    ("~lisa/a.mov", Read(None, None, "~lisa/a.mov", ("~lisa", "a.mov"))),
    ("\\\\nas\\projects\\a.mov", Read(
        None, None, "\\\\nas\\projects\\a.mov", ("nas", "projects", "a.mov"), absolute=True)),
    ("site=berlin:\\\\nas\\in\\", Read(
        BERLIN, None, "\\\\nas\\in\\", ("nas", "in"), absolute=True, folder=True)),
    ("lisa@mail.com@studio-7:C:\\in\\", Read(
        Party.user("lisa@mail.com", "studio-7"), None, "C:\\in\\", ("in",), absolute=True, folder=True,
        drive="C:")),
    ("user=5d91b33ac71c12871d1fc3c2:in/", Read(
        Party.user("5d91b33ac71c12871d1fc3c2"), None, "in/", ("in",), folder=True)),
    ("hq:share=projects/a:b.mov", Read(Party.workspace(), PROJECTS, "a:b.mov", ("a:b.mov",))),
    ("/", Read(None, None, "/", (), absolute=True, folder=True)),
]  # fmt: skip


@pytest.mark.parametrize("workspace", [None, "mycompany"])
@pytest.mark.parametrize(("text", "read"), SHOWN, ids=[text for text, _ in SHOWN])
def test_what_is_shown_is_read_and_written_as_it_was(text: str, read: Read, workspace: str | None) -> None:
    place = Location.parse(text, workspace)
    assert place.party == read.party
    assert place.share == read.share
    assert place.inner == read.inner
    assert place.parts == read.parts
    assert place.name == (read.parts[-1] if read.parts else "")
    assert place.is_absolute == read.absolute
    assert place.is_folder == read.folder
    assert place.drive == read.drive
    assert not place.is_mirrored
    assert str(place) == text
    assert Location.parse(str(place), workspace) == place


@pytest.mark.parametrize(
    ("text", "workspace", "party"),
    [
        ("site=berlin", None, BERLIN),
        ("site=hq", None, Party.site("hq")),
        ("client=664f53b16aa9149860da9d9c", None, CLIENT),
        ("john@user.com", None, JOHN),
        ("lisa@mail.com@studio-7", None, Party.user("lisa@mail.com", "studio-7")),
        ("hq", None, Party.workspace()),
        ("HQ", None, Party.workspace("HQ")),
        ("hq", "mycompany", Party.workspace("hq")),
        ("company", "company", Party.workspace("company")),
        ("myorg", "myorg", Party.workspace("myorg")),
        ("MyOrg", "myorg", Party.workspace("MyOrg")),
    ],
)
def test_a_party_alone_leaves_the_path_to_the_other_end(
    text: str, workspace: str | None, party: Party
) -> None:
    place = Location.parse(text, workspace)
    assert place == Location(party)
    assert str(place) == text
    assert place.is_mirrored
    assert not place.is_absolute
    assert not place.is_folder
    assert (place.share, place.inner, place.parts, place.name) == (None, "", (), "")
    assert (place.drive, place.sequence) == (None, None)


@pytest.mark.parametrize("text", ["myorg", "company", "stockholm", "README.txt"])
@pytest.mark.parametrize("workspace", [None, "another"])
def test_a_code_that_is_not_the_workspaces_is_a_name(text: str, workspace: str | None) -> None:
    assert Location.parse(text, workspace) == Location(None, text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("john@user.com/X:/download", "john@user.com:X:/download"),
        ("SITE=Berlin:SHARE=projects/a", "site=Berlin:SHARE=projects/a"),
        ("Client=664f", "client=664f"),
        ("user=john@user.com:in/", "john@user.com:in/"),
        ("USER=john@user.com@studio-7", "john@user.com@studio-7"),
        ("site=berlin:", "site=berlin"),
        ("john@user.com:", "john@user.com"),
        ("hq:", "hq"),
    ],
)
def test_what_is_written_in_another_way(text: str, written: str) -> None:
    place = Location.parse(text)
    assert str(place) == written
    assert Location.parse(written) == place


def test_the_slip_of_the_manual_is_read_as_it_was_meant() -> None:
    place = Location.parse("john@user.com/X:/download")
    assert place == JOHN.at("X:/download")
    assert (place.drive, place.parts, place.is_absolute) == ("X:", ("download",), True)


def test_a_share_is_known_in_any_case() -> None:
    assert Location.parse("SHARE=projects/a").share == PROJECTS
    assert Location.parse("Volume=Projects/a").share == Share("volume", "Projects")


@pytest.mark.parametrize(
    "text", ["site=berlin:myproj/images/movie.%04d.jpg[100-167]", "movie.%04d.jpg[100-167]"]
)
def test_the_sequence_of_the_manual(text: str) -> None:
    movie = Location.parse(text).sequence
    assert movie is not None
    assert (movie.pattern, movie.first, movie.last, len(movie)) == ("movie.%04d.jpg", 100, 167, 68)
    assert list(movie)[:2] == ["movie.0100.jpg", "movie.0101.jpg"]
    assert str(movie) == "movie.%04d.jpg[100-167]"


def test_no_other_path_of_the_manual_is_a_sequence() -> None:
    found = {text for text, _ in SHOWN if Location.parse(text).sequence is not None}
    assert found == {"site=berlin:myproj/images/movie.%04d.jpg[100-167]"}
