"""Wrong recipients of deliveries; wrong compute jobs, and what their tasks wait for."""

from __future__ import annotations

from typing import Any, cast

from accsyn_async.jobs.frame_ranges import FrameRange
from accsyn_async.jobs.spec import ComputeSpec, SiteSettings
from tests.jobs.wrong import COMPUTE, DELIVERY, TRANSFER, Wrong, nested

__all__ = ["WORK"]

WORK: list[Wrong] = [
    Wrong(
        "recipients that are no list",
        "delivery",
        {"tasks": ["a.mov"], "recipients": "lisa@example.com"},
        "error recipients: 'lisa@example.com' is no list; write a list of e-mail addresses, such as [\"lisa@example.com\"]",
        form=True,
    ),
    Wrong(
        "recipients that are none",
        "delivery",
        {"tasks": ["a.mov"], "recipients": [5, "", {"name": "Lisa"}, "lisa@", "lisa", "a@b.c", "A@b.c"]},
        "error recipients[0]: 5 is no recipient; write an e-mail address",
        "error recipients[1]: '' is no recipient; write an e-mail address",
        "error recipients[2]: an object is no recipient; write an e-mail address",
        "error recipients[3]: 'lisa@' is no e-mail address; write one, such as lisa@example.com",
        "warning recipients[4]: 'lisa' is neither an e-mail address nor an id; write one of these",
        "warning recipients[6]: 'A@b.c' is there twice; remove one of them",
        form=True,
    ),
    Wrong(
        "a recipient that is no text",
        "delivery",
        {"tasks": ["a.mov"], "recipients": [5]},
        "error recipients[0]: 5 is no recipient; write an e-mail address",
        form=True,
    ),
    Wrong(
        "a time that is none",
        "delivery",
        {**DELIVERY, "expires": "soon"},
        "error expires: 'soon' is no time; write a day such as 2026-12-24, or 2026-12-24T18:00:00 in UTC",
    ),
    Wrong(
        "a day that the calendar lacks",
        "delivery",
        {**DELIVERY, "expires": "2026-02-30"},
        "error expires: '2026-02-30' is no time; write a day such as 2026-12-24, or 2026-12-24T18:00:00 in UTC",
    ),
    Wrong(
        "a time that is a number",
        "delivery",
        {**DELIVERY, "expires": 1700000000},
        "error expires: 1700000000 is no time; write a day such as 2026-12-24, or 2026-12-24T18:00:00 in UTC",
        form=True,
    ),
    Wrong(
        "a draft that is running",
        "delivery",
        {**DELIVERY, "status": "running"},
        "error status: a new one cannot be 'running'; write init, pending or waiting, or leave it out",
        form=True,
    ),
    Wrong(
        "a range that is none",
        "compute",
        {**COMPUTE, "range": "1001..1100"},
        "error range: '1001..1100' is no range; write ranges such as 1001-1100, 4 or 5-250x5, separated by commas",
    ),
    Wrong(
        "a range that ends before it begins",
        "compute",
        {**COMPUTE, "range": "1-10,20-15"},
        "error range: '20-15' ends before it begins; write ranges such as 1001-1100, 4 or 5-250x5, separated by commas",
    ),
    Wrong(
        "a range in steps of nothing",
        "compute",
        {**COMPUTE, "range": "1-10x0"},
        "error range: '1-10x0' has steps of 0; write ranges such as 1001-1100, 4 or 5-250x5, separated by commas",
    ),
    Wrong(
        "a range of nothing",
        "compute",
        {**COMPUTE, "range": ""},
        "error range: it is empty; write ranges such as 1001-1100, 4 or 5-250x5, separated by commas",
    ),
    Wrong(
        "a range that is a list",
        "compute",
        {**COMPUTE, "range": [1, 10]},
        "error range: a list is no range; write ranges such as 1001-1100, 4 or 5-250x5, separated by commas",
        form=True,
    ),
    Wrong(
        "a range that is a flag",
        "compute",
        {**COMPUTE, "range": True},
        "error range: true is no range; write ranges such as 1001-1100, 4 or 5-250x5, separated by commas",
        form=True,
    ),
    Wrong(
        "a typed range that ends before it begins",
        "compute",
        ComputeSpec("nuke", range=[FrameRange(1, 10), FrameRange(9, 3)]),
        "error range: '9-3' ends before it begins; write ranges such as 1001-1100, 4 or 5-250x5, separated by commas",
    ),
    Wrong(
        "filters that are none",
        "compute",
        {**COMPUTE, "filters": "ram:plenty"},
        "error filters: 'ram:plenty' is no filter; write it like ram:>32g",
    ),
    Wrong(
        "filters without a kind",
        "compute",
        {**COMPUTE, "filters": "32g"},
        "error filters: '32g' is no filter; write filters like ram:>32g,site:berlin",
    ),
    Wrong(
        "filters that are a list",
        "compute",
        {**COMPUTE, "filters": ["ram:>32g"]},
        "error filters: a list is no text; write one text, such as ram:>32g,site:berlin",
        form=True,
    ),
    Wrong(
        "variables that are no texts",
        "compute",
        {**COMPUTE, "envs": {"A": 1, "linux": {"B": None}, "": "x", "C=D": "y", "E": "z\0"}},
        "error envs.A: it is no text; write the value in double quotes",
        "error envs.linux.B: it is no text; write the value in double quotes",
        "error envs['']: '' names no variable; write a name without =",
        "error envs['C=D']: 'C=D' names no variable; write a name without =",
        "error envs.E: it holds a null character; remove it",
        form=True,
    ),
    Wrong(
        "variables of no platform",
        "compute",
        {**COMPUTE, "envs": {"Linux": {"A": "1"}}},
        "error envs.Linux: 'Linux' is no platform; group variables by common, linux, mac or windows, or not at all",
    ),
    Wrong(
        "variables that are no object",
        "compute",
        {**COMPUTE, "envs": "A=1"},
        'error envs: \'A=1\' is no object; write an object, such as {"name": "value"}',
        form=True,
    ),
    Wrong(
        "a conversion by no choice",
        "compute",
        {**COMPUTE, "parameters": {"input_conversion": "sometimes"}},
        "error parameters.input_conversion: 'sometimes' is no choice here; write always, platform, never or auto",
        form=True,
    ),
    Wrong(
        "parameters that are no object",
        "compute",
        {**COMPUTE, "parameters": "-txV", "compute": []},
        'error parameters: \'-txV\' is no object; write an object, such as {"name": "value"}',
        'error compute: [] is no object; write an object, such as {"name": "value"}',
        form=True,
    ),
    Wrong(
        "parameters of a task that are no object",
        "compute",
        {**COMPUTE, "tasks": [{"compute": {"parameters": 5}}]},
        'error tasks[0].compute.parameters: 5 is no object; write an object, such as {"name": "value"}',
        form=True,
    ),
    Wrong(
        "settings of sites",
        "compute",
        {
            **COMPUTE,
            "parameters": {
                "site": {
                    "berlin": {"common": {}},
                    "london": {"settings": {"both": {}, "upload": {"task_bucketsize": "few"}}},
                    "cloud": {"settings": []},
                    "local": 5,
                }
            },
        },
        'warning parameters.site.berlin: there are no settings; write {"settings": {"common": {…}}}',
        "error parameters.site.london.settings.both: 'both' is no direction; group a site's settings by download, upload or common",
        "error parameters.site.london.settings.upload.task_bucketsize: 'few' is not a whole number from 0; write a whole number from 0",
        'error parameters.site.cloud.settings: [] is no object; write an object, such as {"name": "value"}',
        'error parameters.site.local: 5 is no object; write an object, such as {"name": "value"}',
        form=True,
    ),
    Wrong(
        "sites that are no object",
        "compute",
        {**COMPUTE, "parameters": {"site": "berlin"}},
        'error parameters.site: \'berlin\' is no object; write an object, such as {"name": "value"}',
        form=True,
    ),
    Wrong(
        "typed settings of sites beside what is no object",
        "compute",
        ComputeSpec("nuke", parameters=cast(Any, "x"), site_settings={"berlin": SiteSettings()}),
        'error parameters: \'x\' is no object; write an object, such as {"name": "value"}',
    ),
    Wrong(
        "dependencies that are no list",
        "compute",
        {**COMPUTE, "dependencies": "a.jpg"},
        'error dependencies: \'a.jpg\' is no list of texts; write a list, such as ["one", "two"]',
        form=True,
    ),
    Wrong(
        "dependencies of nothing",
        "compute",
        {**COMPUTE, "dependencies": ["a.jpg", "", 4]},
        "error dependencies[1]: '' names nothing; write a text, or remove it",
        "error dependencies[2]: 4 names nothing; write a text, or remove it",
        form=True,
    ),
    Wrong(
        "a compute task that is a text",
        "compute",
        {**COMPUTE, "tasks": ["a.nk"]},
        "error tasks[0]: 'a.nk' is no task; write an object",
        form=True,
    ),
    Wrong(
        "deps that are no list",
        "compute",
        {**COMPUTE, "tasks": {"a": {}, "b": {"deps": "a"}}},
        'error tasks.b.deps: \'a\' is no list of texts; write a list, such as ["one", "two"]',
        form=True,
    ),
    Wrong(
        "deps that name nothing",
        "compute",
        {**COMPUTE, "tasks": {"a": {}, "b": {"deps": [5, "c", "", "a"]}}},
        "error tasks.b.deps[0]: 5 is a number; write uris as texts in double quotes",
        "error tasks.b.deps[1]: there is no task 'c'; name a task by its uri from the top, such as shot/pickup",
        "error tasks.b.deps[2]: '' names nothing; write a text, or remove it",
        form=True,
    ),
    Wrong(
        "deps by a local uri",
        "compute",
        {**COMPUTE, "tasks": {"shot": {"tasks": {"pickup": {}, "notify": {"deps": ["pickup"]}}}}},
        "error tasks.shot.tasks.notify.deps[0]: there is no task 'pickup'; did you mean shot/pickup?",
    ),
    Wrong(
        "deps with a slip",
        "compute",
        {**COMPUTE, "tasks": {"pickup": {}, "notify": {"deps": ["pikup"]}}},
        "error tasks.notify.deps[0]: there is no task 'pikup'; did you mean pickup?",
    ),
    Wrong(
        "a task that waits for itself",
        "compute",
        {**COMPUTE, "tasks": {"a": {"deps": ["a"]}}},
        "error tasks.a.deps[0]: it would wait for itself; remove it",
    ),
    Wrong(
        "a task that waits for what it is part of",
        "compute",
        {**COMPUTE, "tasks": {"a": {"tasks": {"b": {"deps": ["a"]}}}}},
        "error tasks.a.tasks.b.deps[0]: a task cannot wait for one that it is part of, here 'a'; remove it",
    ),
    Wrong(
        "a task that waits for its part",
        "compute",
        {**COMPUTE, "tasks": {"a": {"deps": ["a/b"], "tasks": {"b": {}}}}},
        "error tasks.a.deps[0]: a task cannot wait for one within it, here 'a/b'; remove it",
    ),
    Wrong(
        "a circle",
        "compute",
        {**COMPUTE, "tasks": {"a": {"deps": ["c"]}, "b": {"deps": ["a"]}, "c": {"deps": ["b"]}}},
        "error tasks.a.deps: tasks wait for each other: a → c → b → a; remove one of these dependencies",
    ),
    Wrong(
        "a long circle",
        "compute",
        {**COMPUTE, "tasks": {f"t{number}": {"deps": [f"t{(number + 1) % 9}"]} for number in range(9)}},
        "error tasks.t0.deps: tasks wait for each other: t0 → t1 → t2 → t3 → t4 → t5 → …; remove one of these dependencies",
    ),
    Wrong(
        "a circle beside a slip",
        "compute",
        {**COMPUTE, "tasks": {"a": {"deps": ["b"]}, "b": {"deps": ["a", "x"]}}},
        "error tasks.a.deps: tasks wait for each other: a → b → a; remove one of these dependencies",
        "error tasks.b.deps[1]: there is no task 'x'; name a task by its uri from the top, such as shot/pickup",
    ),
    Wrong(
        "a circle through what is nested",
        "compute",
        {**COMPUTE, "tasks": {"a": {"tasks": {"x": {"deps": ["b"]}}}, "b": {"deps": ["a"]}}},
        "error tasks.a.tasks.x.deps: tasks wait for each other: a → a/x → b → a; remove one of these dependencies",
    ),
    Wrong(
        "a circle through what waits with the task around it",
        "compute",
        {**COMPUTE, "tasks": {"a": {"deps": ["b"], "tasks": {"x": {}}}, "b": {"deps": ["a/x"]}}},
        "error tasks.a.deps: tasks wait for each other: a → b → a/x → a; remove one of these dependencies",
    ),
    Wrong(
        "two tasks of one uri",
        "compute",
        {**COMPUTE, "tasks": [{"uri": "a"}, {"uri": "a"}]},
        "error tasks[1]: there are two tasks 'a'; give each a uri of its own",
    ),
    Wrong(
        "two tasks of one uri, one by its key",
        "transfer",
        {
            "tasks": {
                "a": {**TRANSFER},
                "b": {"source": "share=projects/b.mov", "uri": "a", "destination": "site=berlin"},
            }
        },
        "error tasks.b: there are two tasks 'a'; give each a uri of its own",
    ),
    Wrong(
        "uris with slashes",
        "compute",
        {**COMPUTE, "tasks": {"a/b": {}, "c": {"uri": "d/e"}}},
        "error tasks['a/b']: the uri 'a/b' holds a slash; nest tasks instead",
        "error tasks.c.uri: the uri 'd/e' holds a slash; nest tasks instead",
    ),
    Wrong(
        "a uri of nothing",
        "transfer",
        {"tasks": {"": {**TRANSFER}}},
        "error tasks['']: its uri is empty; write one, or tasks as a list",
    ),
    Wrong(
        "tasks that are nested too deep",
        "compute",
        {**COMPUTE, "tasks": nested(20)},
        "error tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks.a.tasks: tasks are nested more than 20 deep; nest less",
    ),
    Wrong(
        "no tasks within a task",
        "compute",
        {**COMPUTE, "tasks": {"a": {"tasks": {}}}},
        "error tasks.a.tasks: there is none; name at least one, or leave tasks out",
        form=True,
    ),
    Wrong(
        "many deps with slips, of which some are guessed",
        "compute",
        {**COMPUTE, "tasks": {f"shot{number}": {"deps": [f"shto{number}"]} for number in range(7)}},
        *(
            f"error tasks.shot{number}.deps[0]: there is no task 'shto{number}'; did you mean shot{number}?"
            for number in range(5)
        ),
        *(
            f"error tasks.shot{number}.deps[0]: there is no task 'shto{number}'; name a task by its uri from the top, such as shot/pickup"
            for number in (5, 6)
        ),
    ),
    Wrong(
        "a range with blanks",
        "compute",
        {**COMPUTE, "range": "1001 - 1100"},
        "error range: '-' is no range; write 1001-1100, without blanks",
    ),
    Wrong(
        "places of a compute job that are none",
        "compute",
        {**COMPUTE, "input": "share:projects/a.nk", "output": "site=", "dependencies": ["a.nk", "../b.nk"]},
        "warning input: 'share:projects/a.nk' has a colon behind share; write share=projects/a.nk, unless the engine takes it as it is",
        "warning output: 'site=' names no site; write such as share=projects/a.nk, unless the engine takes it as it is",
        "warning dependencies[1]: the path '../b.nk' climbs with '..'; write where it leads, unless the engine takes it as it is",
    ),
    Wrong(
        "a secret that is no proper text",
        "compute",
        {**COMPUTE, "metadata": {"my_token": "\ud800abc"}, "envs": {"A": "\ud800abc"}},
        "error metadata.my_token: the text is no proper Unicode; remove the broken characters",
        "error envs.A: the text is no proper Unicode; remove the broken characters",
    ),
]
