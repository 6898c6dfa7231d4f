"""The workspace of accsyn's documents, with the people, sites, shares and files that they name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import accsyn_api

from accsyn_async.testing import AccsynSandbox

__all__ = ["ADMIN", "COMPANY", "FILES", "Company", "company"]

COMPANY = "mycompany"
ADMIN = "admin@example.com"
SITES = ("london", "cloud", "google", "backup", "stockholm")
FOLDERS = ("thefilm", "racing2019_grade", "bidding", "share1", "share2", "myproject", "raid01")
USERS = {
    "emelie@mycompany.com": "employee",
    "john@acmefilm.co.uk": "standard",
    "john@user.com": "standard",
    "lisa@mail.com": "standard",
}
READERS = {"lisa@mail.com": ("bidding",), "john@user.com": ("share1", "share2")}
"""The shared folders that standard users read."""
FILES = (
    "projects/lfm/114/290/lfm_114_290.jpg",
    "projects/home/john@acmefilm.co.uk/20180413/script_v001.pdf",
    "projects/home/john@acmefilm.co.uk/20180413/offline_v001.mp4",
    "projects/thefilm/010/plate.exr",
    "projects/bidding/LFM/brief_v001.pdf",
    "projects/bidding/LFM/material.rar",
    "projects/share1/file.001",
    "projects/share2/file.002",
    "projects/racing2019_grade/FROM_EDIT/final_export.mov",
    "projects/myproject/delivery/TRAILER_screening_v003.mov",
    "projects/creatures_showreel_2018.mov",
    "projects/_REF/creatures_showreel_2018.mov",
    "projects/raid01/projects/PROJ001/a",
    "projects/raid01/projects/PROJ002/b",
    "local/Users/john/Desktop/delivery/a.mov",
    "local/Users/john/Desktop/references/b.mov",
    "local/Users/john/Desktop/new_scans/c.tif",
    "local/E/racing2019_grade/davinci_files/final_export.mov",
    "local/F/BIGGIE/keep.mov",
    "local/F/BIGGIE/leave.tmp",
    "local/F/BIGGIE/2024",
    "google/projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012/1.exr",
    "cloud/projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012/2.exr",
    "berlin/projects/racing2019_grade/davinci_files/grade.drp",
    *(f"berlin/projects/myproj/images/movie.{number:04d}.jpg" for number in (99, 100, 167, 168)),
)
"""What is there; each holds its own name. ``local`` is the users' own machines."""

UNFINISHED = ".part"
"""The suffix of files that are being copied."""


class Company:
    """A sandbox laid out like that, whose clock stands still but for `AccsynSandbox.advance`.

    Args:
        box: a fresh sandbox.
    """

    def __init__(self, box: AccsynSandbox) -> None:
        self.box = box
        self.roots = {"local": box.local_root, "projects": box.volume, "berlin": box.site_root("berlin")}
        admin = self.admin
        for site in SITES:
            admin.create("Site", {"code": site})
            box.add_client(site=site)
            self.roots[site] = box.site_root(site)
        for folder in FOLDERS:
            admin.create("Folder", {"code": folder, "path": f"/{folder}"})
        admin.create("Queue", {"code": "low_prio", "priority": 100})
        for user, role in USERS.items():
            volumes = {"give_default_volume_access": True} if role == "employee" else {}
            admin.create("User", {"code": user, "role": role, **volumes})
        for user, folders in READERS.items():
            for folder in folders:
                admin.grant("User", user, "Folder", folder, {"read": True})

    @cached_property
    def admin(self) -> Any:
        """The admin's session of the official client."""
        return self.official(ADMIN)

    def official(self, user: str) -> Any:
        """A session of the official client."""
        key = self.box.user(user).api_key
        address = self.box.url.removeprefix("http://")
        return accsyn_api.Session(self.box.workspace, user, key, proxy=address)

    def client_of(self, user: str) -> str:
        """The id of a user's computer."""
        owner = self.box.user(user).id
        return str(self.admin.find_one(f"App WHERE user={owner}")["id"])

    def tidy(self) -> None:
        """Leave the files, and no others."""
        for root in self.roots.values():
            for inside in root.iterdir():
                shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
        for name in FILES:
            place, _, rest = name.partition("/")
            path = self.roots[place] / rest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())

    def arrived(self) -> dict[str, str]:
        """The files that were not there, each with what it holds; those of `FILES` when they were changed."""
        there = {
            f"{name}/{path.relative_to(root).as_posix()}": path.read_text()
            for name, root in self.roots.items()
            for path in root.rglob("*")
            if path.is_file() and path.suffix != UNFINISHED
        }
        return {name: text for name, text in there.items() if name not in FILES or text != name}

    def without_roots(self, rows: Any) -> Any:
        """Rows in which the folders of this sandbox have the names of `roots`."""
        text = json.dumps(rows, default=str, sort_keys=True)
        # The longest first: one may lie in another.
        for name, root in sorted(self.roots.items(), key=lambda one: -len(str(one[1]))):
            text = text.replace(json.dumps(str(root))[1:-1], name)
        return json.loads(text)


@contextmanager
def company(**options: Any) -> Iterator[Company]:
    """The workspace, with its files.

    Args:
        options: those of the sandbox.
    """
    box = AccsynSandbox(**{"workspace": COMPANY, "time_factor": 0, "speed": 0.00001, **options})
    box.start()
    try:
        made = Company(box)
        made.tidy()
        yield made
    finally:
        box.close()
