"""Attributes that there are not, or not there, and those that are missing."""

from __future__ import annotations

from tests.jobs.wrong import COMPUTE, DELIVERY, TRANSFER, Wrong

__all__ = ["ATTRIBUTES"]

ATTRIBUTES: list[Wrong] = [
    Wrong(
        "slips in attributes",
        "transfer",
        {**TRANSFER, "prioirty": 5, "QUEUE": "low", "rush": True},
        "warning prioirty: a transfer has no 'prioirty'; did you mean priority?",
        "warning QUEUE: a transfer has no 'QUEUE'; did you mean queue?",
    ),
    Wrong(
        "a slip in a source",
        "transfer",
        {"soruce": "share=projects/a.mov", "destination": "site=berlin"},
        "error soruce: a transfer has no 'soruce'; did you mean source?",
        form=True,
    ),
    Wrong(
        "a slip in a task's source",
        "transfer",
        {"tasks": [{"sorce": "share=projects/a.mov", "destination": "site=berlin"}]},
        "error tasks[0].sorce: a task of a transfer has no 'sorce'; did you mean source?",
    ),
    Wrong(
        "a slip beside the right one",
        "transfer",
        {**TRANSFER, "destinaton": "site=london"},
        "warning destinaton: a transfer has no 'destinaton'; did you mean destination?",
    ),
    Wrong(
        "a transfer with recipients",
        "transfer",
        {**TRANSFER, "recipients": ["lisa@example.com"]},
        "error recipients: a transfer has no 'recipients'; remove it: only deliveries, requests and streams have it",
    ),
    Wrong(
        "a transfer with deps",
        "transfer",
        {
            "tasks": {"a": {**TRANSFER}, "b": {**TRANSFER, "source": "share=projects/b.mov", "deps": ["a"]}},
            "range": "1-10",
        },
        "error tasks.b.deps: a task of a transfer has no 'deps'; remove it: only a compute job has it, which names its engine",
        "error range: a transfer has no 'range'; remove it: only a compute job has it, which names its engine",
    ),
    Wrong(
        "tasks of a transfer that are nested",
        "transfer",
        {"tasks": [{**TRANSFER, "tasks": ["b"]}]},
        "error tasks[0].tasks: a task of a transfer has no 'tasks'; remove it: only a compute job has it, which names its engine",
    ),
    Wrong(
        "a task's attribute of its job",
        "transfer",
        {**TRANSFER, "uri": "a"},
        "warning uri: a transfer has no 'uri'; write it within a task",
    ),
    Wrong(
        "a job's attribute in a task",
        "transfer",
        {"tasks": [{**TRANSFER, "queue": "low"}]},
        "warning tasks[0].queue: a task of a transfer has no 'queue'; write it beside tasks",
    ),
    Wrong(
        "a compute job with a source",
        "compute",
        {**COMPUTE, "source": "share=projects/a.nk", "destination": "/tmp/"},
        "error source: a compute job has no 'source'; name the file to work on by input, and where results go by output",
        "error destination: a compute job has no 'destination'; name the file to work on by input, and where results go by output",
    ),
    Wrong(
        "a compute job with a message",
        "compute",
        {**COMPUTE, "message": "hello", "parent": "6971e16fceadd67b955b1995"},
        "error message: a compute job has no 'message'; remove it: only deliveries, requests and streams have it",
        "error parent: a compute job has no 'parent'; remove it: only transfers have it",
    ),
    Wrong(
        "a compute task with a source",
        "compute",
        {**COMPUTE, "tasks": [{"source": "a.nk"}]},
        "error tasks[0].source: a task of a compute job has no 'source'; name the file to work on by input, and where results go by output",
    ),
    Wrong(
        "a delivery with a destination",
        "delivery",
        {**DELIVERY, "destination": "/tmp/"},
        "error destination: a delivery has no 'destination'; remove it: recipients choose where to download to",
    ),
    Wrong(
        "a task of a delivery with a destination",
        "delivery",
        {"tasks": [{**TRANSFER}], "recipients": ["lisa@example.com"]},
        "error tasks[0].destination: a task of a delivery has no 'destination'; remove it: recipients choose where to download to",
    ),
    Wrong(
        "a request with files",
        "request",
        {"recipients": ["lisa@example.com"], "tasks": ["a.mov"]},
        "error tasks: a request has no 'tasks'; remove it: recipients choose what to upload",
    ),
    Wrong(
        "no source",
        "transfer",
        {"destination": "site=berlin"},
        "error source: it is missing; write a source such as share=projects/a.mov, or tasks",
        form=True,
    ),
    Wrong(
        "no tasks",
        "transfer",
        {"tasks": []},
        'error tasks: there is none; name at least one, such as ["share=projects/a.mov"]',
        form=True,
    ),
    Wrong(
        "no tasks in an object",
        "transfer",
        {"tasks": {}},
        'error tasks: there is none; name at least one, such as ["share=projects/a.mov"]',
        form=True,
    ),
    Wrong(
        "no source in a task",
        "transfer",
        {"tasks": [{"destination": "site=berlin"}]},
        "error tasks[0].source: it is missing; write a source such as share=projects/a.mov",
    ),
    Wrong(
        "tasks that are none",
        "transfer",
        {"tasks": 3},
        "error tasks: 3 is no list of tasks; write one, or an object of tasks by their uris",
        form=True,
    ),
    Wrong(
        "a task that is none",
        "transfer",
        {"tasks": [7, "share=projects/a.mov"], "destination": "site=berlin"},
        "error tasks[0]: 7 is no task; write its source, or an object",
        form=True,
    ),
    Wrong(
        "a delivery's download to nowhere",
        "transfer",
        {"parent": "6971e16fceadd67b955b1995"},
        "error destination: it is missing; write where to download to, such as /Users/lisa/Downloads/",
        form=True,
    ),
    Wrong(
        "no engine",
        "compute",
        {"range": "1-10"},
        "error engine: it is missing; name the engine that runs the job by its code",
        form=True,
    ),
    Wrong(
        "an engine that is none",
        "compute",
        {"engine": ""},
        "error engine: '' is no code or id; write one in double quotes",
        form=True,
    ),
    Wrong(
        "no recipients",
        "delivery",
        {"tasks": ["share=projects/a.mov"], "recipients": []},
        'error recipients: it is missing; write the e-mail addresses of those who get it, or "status": "init" for a draft',
        form=True,
    ),
    Wrong(
        "no files to deliver",
        "delivery",
        {"recipients": ["lisa@example.com"]},
        "error source: it is missing; write a source such as share=projects/a.mov, or tasks",
        form=True,
    ),
    Wrong(
        "no recipients of a stream",
        "stream",
        {"source": "share=projects/a.mov"},
        'error recipients: it is missing; write the e-mail addresses of those who get it, or "status": "init" for a draft',
        form=True,
    ),
    Wrong(
        "no recipients of a request",
        "request",
        {"destination": "share=projects/inbox/"},
        'error recipients: it is missing; write the e-mail addresses of those who get it, or "status": "init" for a draft',
        form=True,
    ),
]
