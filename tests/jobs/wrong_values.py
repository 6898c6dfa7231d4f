"""Wrong values of attributes and settings."""

from __future__ import annotations

from accsyn_async.jobs.settings import JobSettings
from accsyn_async.jobs.spec import TransferSpec
from tests.jobs.wrong import TRANSFER, Wrong

__all__ = ["VALUES"]

VALUES: list[Wrong] = [
    Wrong(
        "a text that is none",
        "transfer",
        {**TRANSFER, "name": 5, "description": ["a"], "code": {}},
        "error name: 5 is no text; write a text in double quotes",
        "error description: a list is no text; write a text in double quotes",
        "error code: {} is no text; write a text in double quotes",
        form=True,
    ),
    Wrong(
        "a queue that is none",
        "transfer",
        {**TRANSFER, "queue": " "},
        "error queue: ' ' is no code or id; write one in double quotes",
    ),
    Wrong(
        "a queue by its number",
        "transfer",
        {**TRANSFER, "queue": 7},
        "error queue: 7 is a number; write the code or id in double quotes",
        form=True,
    ),
    Wrong(
        "a queue that is a flag",
        "transfer",
        {**TRANSFER, "queue": True},
        "error queue: true is no code or id; write one in double quotes",
        form=True,
    ),
    Wrong(
        "a priority above the highest",
        "transfer",
        {**TRANSFER, "priority": 1001},
        "error priority: 1001 is no priority; write a number from 1 (lowest) to 1000 (highest)",
        form=True,
    ),
    Wrong(
        "a priority below the lowest",
        "transfer",
        {**TRANSFER, "priority": 0},
        "error priority: 0 is no priority; write a number from 1 (lowest) to 1000 (highest)",
        form=True,
    ),
    Wrong(
        "a priority in quotes",
        "transfer",
        {**TRANSFER, "priority": "500"},
        "error priority: '500' is a text; write a number from 1 (lowest) to 1000 (highest), without quotes",
        form=True,
    ),
    Wrong(
        "a priority in words",
        "transfer",
        {**TRANSFER, "priority": "high"},
        "error priority: 'high' is no priority; write a number from 1 (lowest) to 1000 (highest)",
        form=True,
    ),
    Wrong(
        "a priority that is a flag",
        "transfer",
        {**TRANSFER, "priority": True},
        "error priority: true is no priority; write a number from 1 (lowest) to 1000 (highest)",
        form=True,
    ),
    Wrong(
        "a priority in parts",
        "transfer",
        {**TRANSFER, "priority": 1.5},
        "error priority: 1.5 is no priority; write a number from 1 (lowest) to 1000 (highest)",
        form=True,
    ),
    Wrong(
        "a flag in quotes",
        "transfer",
        {**TRANSFER, "append": "true", "allow_duplicates": 1, "replace_duplicates": "no"},
        "error append: 'true' is no flag; write true or false, without quotes",
        "error allow_duplicates: 1 is no flag; write true or false, without quotes",
        "error replace_duplicates: 'no' is no flag; write true or false, without quotes",
        form=True,
    ),
    Wrong(
        "metadata that is no object",
        "transfer",
        {**TRANSFER, "metadata": ["app", "nuke"]},
        'error metadata: a list is no object; write an object, such as {"name": "value"}',
        form=True,
    ),
    Wrong(
        "settings that are no object",
        "transfer",
        {**TRANSFER, "settings": "task_bucketsize=1"},
        'error settings: \'task_bucketsize=1\' is no object; write an object, such as {"name": "value"}',
        form=True,
    ),
    Wrong(
        "hooks that are no object",
        "transfer",
        {**TRANSFER, "hooks": []},
        'error hooks: [] is no object; write an object, such as {"name": "value"}',
        form=True,
    ),
    Wrong(
        "a slip in a hook's name",
        "transfer",
        {**TRANSFER, "hooks": {"post-done-servr": "notify.sh", "mine": "x"}},
        "warning hooks.post-done-servr: there is no hook 'post-done-servr'; did you mean post-done-server?",
    ),
    Wrong(
        "a job that is done before it begins",
        "transfer",
        {**TRANSFER, "status": "done"},
        "error status: a new one cannot be 'done'; write waiting or paused, or leave it out",
        form=True,
    ),
    Wrong(
        "a state of a task for a job",
        "transfer",
        {**TRANSFER, "status": "excluded"},
        "error status: a new one cannot be 'excluded'; write waiting or paused, or leave it out",
        form=True,
    ),
    Wrong(
        "a task that is done before it begins",
        "transfer",
        {"tasks": [{**TRANSFER, "status": "done"}]},
        "error tasks[0].status: a new one cannot be 'done'; write queued, onhold or excluded, or leave it out",
        form=True,
    ),
    Wrong(
        "values of a task",
        "transfer",
        {
            "tasks": {
                "a": {**TRANSFER, "priority": 2000, "metadata": 1, "settings": [], "description": 3, "uri": 4}
            }
        },
        "error tasks.a.priority: 2000 is no priority; write a number from 1 (lowest) to 1000 (highest)",
        'error tasks.a.metadata: 1 is no object; write an object, such as {"name": "value"}',
        'error tasks.a.settings: [] is no object; write an object, such as {"name": "value"}',
        "error tasks.a.description: 3 is no text; write a text in double quotes",
        "error tasks.a.uri: 4 is a number; write the code or id in double quotes",
        form=True,
    ),
    Wrong(
        "slips in settings",
        "transfer",
        {**TRANSFER, "settings": {"transfer_exlude": "*tmp", "task_bucket_size": "1", "mine": "x"}},
        "warning settings.transfer_exlude: there is no setting 'transfer_exlude'; did you mean transfer_exclude?",
        "warning settings.task_bucket_size: there is no setting 'task_bucket_size'; did you mean task_bucketsize?",
    ),
    Wrong(
        "settings in numbers",
        "transfer",
        {
            **TRANSFER,
            "settings": {
                "task_bucketsize": "-1",
                "transfer_concurrent": 11,
                "transfer_speedlimit": "fast",
                "job_max_retries": 1.5,
                "transfer_resume_limit": -2,
            },
        },
        "error settings.task_bucketsize: '-1' is not a whole number from 0; write a whole number from 0",
        "error settings.transfer_concurrent: 11 is not a whole number from 1 to 10; write a whole number from 1 to 10",
        "error settings.transfer_speedlimit: 'fast' is not a number above 0; write a number above 0, or -1 for no limit",
        "error settings.job_max_retries: 1.5 is not a whole number from 0; write a whole number from 0",
        "error settings.transfer_resume_limit: -2 is not a whole number from 0; write a whole number from 0, or -1 for no limit",
    ),
    Wrong(
        "a speed limit of none",
        "transfer",
        {
            **TRANSFER,
            "settings": {
                "transfer_speedlimit": 0,
                "transfer_speed_limit": "-2",
                "transfer_reserved_space": -3,
            },
        },
        "error settings.transfer_speedlimit: 0 is not a number above 0; write a number above 0, or -1 for no limit",
        "error settings.transfer_speed_limit: '-2' is not a number above 0; write a number above 0, or -1 for no limit",
        "error settings.transfer_reserved_space: -3 is not a whole number from 0; write a whole number from 0, or -1 for no limit",
    ),
    Wrong(
        "flags for settings",
        "transfer",
        {
            **TRANSFER,
            "settings": {"task_bucketsize": True, "transfer_resume": False, "transfer_ignore_existing": True},
        },
        "error settings.task_bucketsize: true is not a whole number from 0; write a whole number from 0",
        "error settings.transfer_resume: false is no choice here; write enable or disable",
        "error settings.transfer_ignore_existing: true is no choice here; write file or directory, or several of them joined by '+'",
        form=True,
    ),
    Wrong(
        "settings by choice",
        "transfer",
        {
            **TRANSFER,
            "settings": {
                "transfer_mode": "sync",
                "transfer_encryption": "aes512",
                "job_on_missing": "skip",
                "compute_avoid": "enable",
            },
        },
        "error settings.transfer_mode: 'sync' is no choice here; write copy or onewaysync",
        "error settings.transfer_encryption: 'aes512' is no choice here; write aes128, aes256 or none",
        "error settings.job_on_missing: 'skip' is no choice here; write fail or ignore",
        "error settings.compute_avoid: 'enable' is no choice here; write enable-clear-on-resume, enable-permanent or disable",
        form=True,
    ),
    Wrong(
        "settings by choices",
        "transfer",
        {
            **TRANSFER,
            "settings": {
                "transfer_comparison": "size,modified",
                "transfer_attributes": "owner+acl",
                "transfer_log": "info,debug",
                "job_done_actions": "delete",
            },
        },
        "error settings.transfer_comparison: 'size,modified' is no choice here; write size or modified, or several of them joined by '+'",
        "error settings.transfer_attributes: 'owner+acl' is no choice here; write owner, group or permissions, or several of them joined by '+'",
        "error settings.transfer_log: 'info,debug' is no choice here; write info, warning, files, comparison, ownership, group or permissions, or several of them joined by ','",
        "error settings.job_done_actions: 'delete' is no choice here; write delete_excluded",
    ),
    Wrong(
        "an escaped comma in an expression",
        "transfer",
        {**TRANSFER, "settings": {"transfer_exclude": "*tmp\\,re('[a\\,b]')"}},
        "error settings.transfer_exclude: re('[a\\,b]') holds an escaped comma, which separates statements; match the comma in another way, such as [,] or \\x2c",
    ),
    Wrong(
        "an escaped comma in a typed statement",
        "transfer",
        TransferSpec(
            "share=projects/a",
            "site=berlin",
            settings=JobSettings(transfer_exclude=["*tmp", "re('a{1\\,2}')"]),
        ),
        "error settings.transfer_exclude: re('a{1\\,2}') holds an escaped comma, which separates statements; match the comma in another way, such as [,] or \\x2c",
    ),
    Wrong(
        "statements as a list",
        "transfer",
        {**TRANSFER, "settings": {"transfer_include": ["*.exr"]}},
        "error settings.transfer_include: a list is no text; write statements separated by an escaped comma, such as *tmp\\,*.bak",
        form=True,
    ),
    Wrong(
        "statements that are no texts",
        "transfer",
        TransferSpec("share=projects/a", "site=berlin", settings=JobSettings(transfer_exclude=["*tmp", 5])),  # type: ignore[list-item]
        "error settings.transfer_exclude: a list is no text; write statements separated by an escaped comma, such as *tmp\\,*.bak",
    ),
    Wrong(
        "a statement of nothing",
        "transfer",
        {**TRANSFER, "settings": {"transfer_exclude": "*tmp\\,"}},
        "error settings.transfer_exclude: there is an empty statement; leave out the separator before or behind it",
    ),
    Wrong(
        "an expression that cannot be read",
        "transfer",
        {**TRANSFER, "settings": {"transfer_exclude": "re('[')\\,re(abc)"}},
        "error settings.transfer_exclude: re('[') is no regular expression (unterminated character set at position 0); correct the expression",
        "error settings.transfer_exclude: re(abc) is no expression; write re('…'), or re('…','I') for any case",
    ),
    Wrong(
        "settings in JSON that are none",
        "transfer",
        {**TRANSFER, "settings": {"transfer_conf": "{buffer: 1}", "hook_conf": "[1]", "email_conf": 5}},
        "error settings.transfer_conf: it is no JSON; write a JSON object",
        "error settings.hook_conf: it is no JSON object; write a JSON object",
        "error settings.email_conf: it is no JSON object; write a JSON object",
        form=True,
    ),
    Wrong(
        "a typed setting that JSON cannot hold",
        "transfer",
        TransferSpec(
            "share=projects/a.mov",
            "site=berlin",
            settings=JobSettings(transfer_conf={"tags": {1}}, task_bucketsize=10**5000),
        ),
        "error settings.task_bucketsize: it is too large for a number of JSON; write a smaller one, or a text",
        "error settings.transfer_conf.tags: 'set' is no type of JSON; write a text, a number, true, false, null, a list or an object",
    ),
    Wrong(
        "a slip in a setting of a task",
        "transfer",
        {"tasks": [{**TRANSFER, "settings": {"transfer_sped_limit": "5"}}]},
        "warning tasks[0].settings.transfer_sped_limit: there is no setting 'transfer_sped_limit'; did you mean transfer_speed_limit?",
    ),
    Wrong(
        "statements that a plain comma separates",
        "transfer",
        {
            **TRANSFER,
            "settings": {"transfer_exclude": "*.tmp,*.bak", "transfer_include": "*.mov; re('a{1,2}')"},
        },
        "warning settings.transfer_exclude: a comma or semicolon separates no statements; write *.tmp\\,*.bak, with the backslash twice in JSON, or in Python the list ['*.tmp', '*.bak']",
        "warning settings.transfer_include: a comma or semicolon separates no statements; write *.mov\\,re('a{1,2}'), with the backslash twice in JSON, or in Python the list ['*.mov', \"re('a{1,2}')\"]",
    ),
    Wrong(
        "two statements in one of a list",
        "transfer",
        TransferSpec(
            "share=projects/a.mov", "site=berlin", settings=JobSettings(transfer_exclude=["*.tmp,*.bak"])
        ),
        "warning settings.transfer_exclude: a comma or semicolon separates no statements; write *.tmp\\,*.bak, with the backslash twice in JSON, or in Python the list ['*.tmp', '*.bak']",
    ),
    Wrong(
        "an expression before a plain comma",
        "transfer",
        {**TRANSFER, "settings": {"transfer_exclude": "re('a{1,2}'),*.bak"}},
        "error settings.transfer_exclude: re('a{1,2}'),*.bak is no expression; write re('a{1,2}')\\,*.bak, with the backslash twice in JSON, or in Python the list [\"re('a{1,2}')\", '*.bak']",
    ),
    Wrong(
        "settings without what their names begin with",
        "transfer",
        {**TRANSFER, "settings": dict.fromkeys(("exclude", "speedlimit", "max_retries", "bucketsize"), "1")},
        "warning settings.exclude: there is no setting 'exclude'; did you mean transfer_exclude?",
        "warning settings.speedlimit: there is no setting 'speedlimit'; did you mean transfer_speedlimit?",
        "warning settings.max_retries: there is no setting 'max_retries'; did you mean job_max_retries?",
        "warning settings.bucketsize: there is no setting 'bucketsize'; did you mean task_bucketsize?",
    ),
    Wrong(
        "a name of blanks",
        "transfer",
        {**TRANSFER, "name": "  "},
        "error name: '  ' is no name; write one, or leave it out",
    ),
]
