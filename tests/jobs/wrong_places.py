"""Sources and destinations that cannot be read, or do not go together."""

from __future__ import annotations

from tests.jobs.wrong import TRANSFER, Wrong

__all__ = ["PLACES"]

PLACES: list[Wrong] = [
    Wrong(
        "places that are no texts",
        "transfer",
        {"source": 5, "destination": ["site=berlin"]},
        "error source: 5 is no text; write such as share=projects/a.mov",
        "error destination: a list is no text; write such as site=berlin",
        form=True,
    ),
    Wrong(
        "places of nothing",
        "transfer",
        {"source": "", "destination": " "},
        "error source: it is empty; write such as share=projects/a.mov",
        "error destination: it is empty; write such as site=berlin, or leave the destination out",
        form=True,
    ),
    Wrong(
        "a source that cannot be read, and where it would go",
        "transfer",
        {"source": "share=", "destination": "berlin"},
        "error source: 'share=' names no share; write such as share=projects/a.mov",
    ),
    Wrong(
        "a job's source that cannot be read, for each of its tasks",
        "transfer",
        {"source": "share=", "tasks": [{"destination": "site=a"}, {"destination": "site=b"}]},
        "error source: 'share=' names no share; write such as share=projects/a.mov",
    ),
    Wrong(
        "a site without its code",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "site="},
        "error destination: 'site=' names no site; write such as site=berlin, or leave the destination out",
    ),
    Wrong(
        "a share without its code",
        "transfer",
        {"source": "share=/a.mov", "destination": "site=berlin"},
        "error source: 'share=/a.mov' names no share; write such as share=projects/a.mov",
    ),
    Wrong(
        "a slash for the colon",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "site=berlin/share=projects/"},
        "error destination: 'site=berlin/share=projects/' holds a slash; separate the site from the path by a colon, as in site=…:share=…",
    ),
    Wrong(
        "a party of no kind",
        "transfer",
        {"source": "a b:c.mov", "destination": "site=berlin"},
        "error source: 'a b' names no party; write the workspace's code, a user's e-mail address, site=<code> or client=<id>",
    ),
    Wrong(
        "a drive without a slash",
        "transfer",
        {"source": "C:a.mov", "destination": "share=projects/"},
        "error source: 'C:a.mov' has no slash behind the drive; write it as in C:\\folder, or begin it with ./ when it is none",
    ),
    Wrong(
        "a path that climbs",
        "transfer",
        {"source": "share=projects/../a.mov", "destination": "site=berlin"},
        "error source: the path 'share=projects/../a.mov' climbs with '..'; write where it leads",
    ),
    Wrong(
        "a backslash that JSON ate",
        "transfer",
        {"source": "C:\\Users\temp\new", "destination": "share=projects/"},
        "error source: the path 'C:\\\\Users\\temp\\new' holds the control character '\\t'; write a backslash twice in JSON and in Python",
    ),
    Wrong(
        "a slash behind the user",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "john@user.com/X:/download/"},
        "warning destination: 'john@user.com/X:/download/' has a slash behind the user; write john@user.com:X:/download/",
    ),
    Wrong(
        "blanks around",
        "transfer",
        {"source": " share=projects/a.mov", "destination": "site=berlin"},
        "error source: the path ' share=projects/a.mov' begins or ends with a blank; remove it",
    ),
    Wrong(
        "a blank that may be part of a name",
        "transfer",
        {"source": "share=projects/a.mov ", "destination": "site=berlin"},
        "warning source: 'share=projects/a.mov ' begins or ends with a blank; remove it, unless it is meant",
    ),
    Wrong(
        "a sequence that ends before it begins",
        "transfer",
        {"source": "site=berlin:p/movie.%04d.jpg[167-100]", "destination": "site=london"},
        "error source: the range [167-100] ends before it begins; end a sequence with its first and last number, as in movie.%04d.jpg[100-167]",
    ),
    Wrong(
        "a sequence without an end",
        "transfer",
        {"source": "site=berlin:p/movie.%04d.jpg[100-]", "destination": "site=london"},
        "error source: [100-] is no range; end a sequence with its first and last number, as in movie.%04d.jpg[100-167]",
    ),
    Wrong(
        "a sequence that is not closed",
        "transfer",
        {"source": "site=berlin:p/movie.%04d.jpg[100-167", "destination": "site=london"},
        "error source: the range of 'movie.%04d.jpg[100-167' has no end; end a sequence with its first and last number, as in movie.%04d.jpg[100-167]",
    ),
    Wrong(
        "a source without a path",
        "transfer",
        {"source": "site=berlin", "destination": "share=projects/"},
        "error source: site=berlin names no file or folder; write the path behind it, such as site=berlin:share=projects/a.mov",
    ),
    Wrong(
        "a placeholder without a path",
        "transfer",
        {"tasks": [{"source": "site=cloud", "destination": "site=hq", "status": "excluded"}]},
        "error tasks[0].source: site=cloud names no file or folder; write the path behind it, such as site=cloud:share=projects/a.mov",
    ),
    Wrong(
        "a folder without a slash",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "/Volumes/EDIT/from_client"},
        "warning destination: a file would be named 'from_client'; end a folder with a slash: /Volumes/EDIT/from_client/",
    ),
    Wrong(
        "a folder of Windows without a slash",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "lisa@example.com:C:\\Users\\lisa\\in"},
        "warning destination: a file would be named 'in'; end a folder with a slash: lisa@example.com:C:\\Users\\lisa\\in\\",
    ),
    Wrong(
        "a sequence to a folder without a slash",
        "transfer",
        {"source": "share=projects/a.%04d.jpg[1-9]", "destination": "lisa@example.com:in"},
        "warning destination: a file would be named 'in'; end a folder with a slash: lisa@example.com:in/",
    ),
    Wrong(
        "a word that may be a site",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "berlin"},
        "warning destination: berlin can be a site, the workspace, or a file's name; write site=berlin, berlin: for the workspace, or ./berlin for a file",
    ),
    Wrong(
        "a word that is not the workspace",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "berlin"},
        "warning destination: berlin can be a site, or a file's name; write site=berlin, acme: for the workspace, or ./berlin for a file",
        workspace="acme",
    ),
    Wrong(
        "a code that is not the workspace's",
        "transfer",
        {
            "tasks": ["berlin:share=projects/a.mov", "berlin:share=projects/b.mov"],
            "destination": "site=london",
        },
        "warning tasks[0]: berlin: names neither the workspace, acme, nor its main site, hq; write site=berlin: for a site, unless somebody gave the main site this code",
        workspace="acme",
    ),
    Wrong(
        "a local file to no place",
        "transfer",
        {"source": "C:\\a.mov", "destination": "hq"},
        "warning destination: hq has no path, and C:\\a.mov may have no counterpart there; write a path behind it, such as hq:share=projects/",
    ),
    Wrong(
        "a user's file to no place at a site",
        "transfer",
        {"source": "lisa@example.com:a.mov", "destination": "site=berlin"},
        "warning destination: site=berlin has no path, and lisa@example.com:a.mov may have no counterpart there; write a path behind it, such as site=berlin:share=projects/",
    ),
    Wrong(
        "from the computer to itself",
        "transfer",
        {"source": "C:\\a.mov", "destination": "D:\\b.mov"},
        "warning destination: source and destination may both lie on your own computer; name a share or a party in one of them",
    ),
    Wrong(
        "the workspace to itself",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "site=hq:share=backup/"},
        "error destination: the workspace would send to itself; name who receives: site=<code>, a user's e-mail address, or a path on your own computer",
    ),
    Wrong(
        "the workspace to itself by its code",
        "transfer",
        {"source": "hq:a.mov", "destination": "ACME:b.mov"},
        "error destination: the workspace would send to itself; name who receives: site=<code>, a user's e-mail address, or a path on your own computer",
        workspace="acme",
    ),
    Wrong(
        "a site to itself",
        "transfer",
        {"source": "site=berlin:a.mov", "destination": "site=Berlin:b.mov"},
        "error destination: site=berlin would send to itself; name who receives: site=<code>, a user's e-mail address, or a path on your own computer",
    ),
    Wrong(
        "a user to themself",
        "transfer",
        {"source": "lisa@example.com:/a.mov", "destination": "Lisa@example.com:/b.mov"},
        "error destination: lisa@example.com would send to itself; name who receives: site=<code>, a user's e-mail address, or a path on your own computer",
    ),
    Wrong(
        "a client to itself",
        "transfer",
        {
            "source": "client=6611fbca3f8c4d3e7a3b678a:/a.mov",
            "destination": "client=6611fbca3f8c4d3e7a3b678a:/b.mov",
        },
        "error destination: client=6611fbca3f8c4d3e7a3b678a would send to itself; name who receives: site=<code>, a user's e-mail address, or a path on your own computer",
    ),
    Wrong(
        "from user to user",
        "transfer",
        {"source": "lisa@example.com:/a.mov", "destination": "john@user.com:/in/"},
        "warning destination: files hardly go from one user's computer to another's; send them to the workspace, and from there in a delivery",
    ),
    Wrong(
        "two sources",
        "transfer",
        {
            "tasks": [
                {"source": "site=berlin:a.mov"},
                {"source": "b.mov"},
                {"source": "site=berlin:c.mov"},
                {"source": "hq:d.mov"},
                {"source": "site=london:e.mov"},
            ],
            "destination": "lisa@example.com:/in/",
        },
        "error tasks[1].source: a job has one source party, here the workspace, but site=berlin in tasks[0].source; make a job for each",
        "error tasks[4].source: a job has one source party, here site=london, but site=berlin in tasks[0].source; make a job for each",
    ),
    Wrong(
        "two destinations, one of them the job's",
        "transfer",
        {
            "tasks": [
                "share=projects/a.mov",
                {"source": "share=projects/b.mov", "destination": "site=london"},
            ],
            "destination": "site=berlin",
        },
        "error tasks[1].destination: a job has one destination party, here site=london, but site=berlin in destination; make a job for each",
    ),
    Wrong(
        "two computers of a user",
        "transfer",
        {
            "tasks": {
                "a": {"source": "a.mov", "destination": "lisa@example.com@one:/in/"},
                "b": {"source": "b.mov", "destination": "lisa@example.com@two:/in/"},
            }
        },
        "error tasks.b.destination: a job has one destination party, here lisa@example.com@two, but lisa@example.com@one in tasks.a.destination; make a job for each",
    ),
    Wrong(
        "two clients",
        "transfer",
        {
            "source": "a.mov",
            "tasks": [
                {"destination": "client=6611fbca3f8c4d3e7a3b678a:/in/"},
                {"destination": "client=6611fbca3f8c4d3e7a3b678b:/in/"},
            ],
        },
        "error tasks[1].destination: a job has one destination party, here client=6611fbca3f8c4d3e7a3b678b, but client=6611fbca3f8c4d3e7a3b678a in tasks[0].destination; make a job for each",
    ),
    Wrong(
        "two users",
        "transfer",
        {
            "source": "a.mov",
            "tasks": [{"destination": "lisa@example.com:/in/"}, {"destination": "john@user.com:/in/"}],
        },
        "error tasks[1].destination: a job has one destination party, here john@user.com, but lisa@example.com in tasks[0].destination; make a job for each",
    ),
    Wrong(
        "a user and a site",
        "transfer",
        {
            "source": "a.mov",
            "tasks": [{"destination": "lisa@example.com:/in/"}, {"destination": "site=berlin:/in/"}],
        },
        "error tasks[1].destination: a job has one destination party, here site=berlin, but lisa@example.com in tasks[0].destination; make a job for each",
    ),
    Wrong(
        "a file that is sent twice",
        "transfer",
        {"tasks": {"a": {**TRANSFER}, "b": {**TRANSFER}}},
        "warning tasks.b.source: the same is sent by tasks.a.source; remove one of them",
    ),
    Wrong(
        "files to deliver from two sites",
        "delivery",
        {"recipients": ["lisa@example.com"], "tasks": ["site=berlin:a.mov", "site=london:b.mov"]},
        "error tasks[1]: a delivery has one source party, here site=london, but site=berlin in tasks[0]; make a delivery for each",
    ),
    Wrong(
        "a site to deliver",
        "delivery",
        {"recipients": ["lisa@example.com"], "source": "site=berlin"},
        "error source: site=berlin names no file or folder; write the path behind it, such as site=berlin:share=projects/a.mov",
    ),
    Wrong(
        "a request for a site",
        "request",
        {"recipients": ["lisa@example.com"], "destination": "site=berlin"},
        "error destination: site=berlin names no folder; write one on a share, such as share=projects/inbox/",
    ),
    Wrong(
        "a request for a user's computer",
        "request",
        {"recipients": ["lisa@example.com"], "destination": "john@user.com:/in/"},
        "error destination: john@user.com:/in/ is on a user's computer; write a folder on a share, such as share=projects/inbox/",
    ),
    Wrong(
        "two files of a name into a folder",
        "transfer",
        {
            "tasks": [
                {"source": "x/a.mov", "destination": "site=berlin:share=in/"},
                {"source": "y/a.mov", "destination": "site=berlin:share=in/"},
                {"source": "y/b.mov", "destination": "site=berlin:share=in/"},
            ]
        },
        "warning tasks[1].source: it takes the place of tasks[0].source, as both are to be 'site=berlin:share=in/a.mov'; send them to folders or names of their own",
    ),
    Wrong(
        "two files to one name, and two folders that go into one",
        "transfer",
        {
            "tasks": {
                "a": {"source": "x/a.mov", "destination": "lisa@example.com:/in/a.mov"},
                "b": {"source": "x/b.mov", "destination": "lisa@example.com:/in/a.mov"},
                "c": {"source": "x/c", "destination": "lisa@example.com:/in/d"},
                "d": {"source": "x/d", "destination": "lisa@example.com:/in/d"},
            }
        },
        "warning tasks.b.source: it takes the place of tasks.a.source, as both are to be 'lisa@example.com:/in/a.mov'; send them to folders or names of their own",
    ),
    Wrong(
        "nobody to receive it",
        "transfer",
        {"tasks": [{"source": "x/a.mov"}, {"source": "x/b.mov"}]},
        "warning tasks[0].destination: nobody is named who receives it: accsyn finds one only where the share is mapped on your own computer; write who receives it, such as site=berlin",
    ),
    Wrong(
        "a colon behind share",
        "transfer",
        {"source": "share:projects/a.mov", "destination": "site=berlin"},
        "error source: 'share:projects/a.mov' has a colon behind share; write share=projects/a.mov",
    ),
    Wrong(
        "a colon behind site",
        "transfer",
        {"source": "site:berlin/a.mov", "destination": "site=berlin"},
        "error source: 'site:berlin/a.mov' has a colon behind site; write site=berlin:a.mov",
    ),
    Wrong(
        "a colon behind client",
        "transfer",
        {"source": "client:", "destination": "site=berlin"},
        "error source: 'client:' has a colon behind client; write client=<id>",
    ),
    Wrong(
        "a URL",
        "transfer",
        {"source": "s3://bucket/a.mov", "destination": "site=berlin"},
        "error source: 's3://bucket/a.mov' is a URL, and a URL is no path of accsyn; name a share, such as share=projects/a.mov, or a path on your own computer",
    ),
    Wrong(
        "a line end",
        "transfer",
        {"source": "a.mov\n", "destination": "site=berlin"},
        "error source: the path 'a.mov\\n' ends with a line end; remove the line end",
    ),
    Wrong(
        "a control character that no backslash makes",
        "transfer",
        {"source": "a\x1b.mov", "destination": "site=berlin"},
        "error source: the path 'a\\x1b.mov' holds the control character '\\x1b'; remove it",
    ),
    Wrong(
        "almost a site: sites=berlin",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "sites=berlin"},
        "warning destination: 'sites=berlin' names no party or share; did you mean site=berlin? begin it with ./ if it is a path",
    ),
    Wrong(
        "almost a site: site berlin",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "site berlin"},
        "warning destination: 'site berlin' names no party or share; did you mean site=berlin? begin it with ./ if it is a path",
    ),
    Wrong(
        "almost a site: Site = berlin",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "Site = berlin"},
        "warning destination: 'Site = berlin' names no party or share; did you mean site=berlin? begin it with ./ if it is a path",
    ),
    Wrong(
        "a wildcard in a source",
        "transfer",
        {"source": "share=projects/*.mov", "destination": "site=berlin"},
        "warning source: '*.mov' holds a wildcard, which names no files here; send the folder with the setting transfer_include, or a sequence such as movie.%04d.jpg[1-5]",
    ),
    Wrong(
        "a sequence with hashes",
        "transfer",
        {"source": "share=projects/movie.####.jpg[1-5]", "destination": "site=berlin"},
        "warning source: 'movie.####.jpg[1-5]' is no sequence; write movie.%04d.jpg[1-5]",
    ),
    Wrong(
        "a version, which is no suffix of a file",
        "transfer",
        {"source": "share=projects/a.mov", "destination": "lisa@example.com:/in/comp.v002"},
        "warning destination: a file would be named 'comp.v002'; end a folder with a slash: lisa@example.com:/in/comp.v002/",
    ),
    Wrong(
        "a path on a drive, mirrored",
        "transfer",
        {"source": "C:\\in\\a.mov", "destination": "site=berlin"},
        "warning destination: site=berlin has no path, and C:\\in\\a.mov may have no counterpart there; write a path behind it, such as site=berlin:share=projects/",
    ),
    Wrong(
        "a path on a network share, mirrored",
        "transfer",
        {"source": "\\\\nas\\a.mov", "destination": "site=berlin"},
        "warning destination: site=berlin has no path, and \\\\nas\\a.mov may have no counterpart there; write a path behind it, such as site=berlin:share=projects/",
    ),
]
