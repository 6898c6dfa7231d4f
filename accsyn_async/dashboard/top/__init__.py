"""The terminal screen: a view of one watch, by which jobs are steered. Needs the extra ``dashboard``."""

from accsyn_async.extras import need

need("dashboard", "textual", "rich", "platformdirs")
