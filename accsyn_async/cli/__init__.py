"""The command line: commands, output for people, output for programs. Needs the extra ``cli``."""

from accsyn_async.extras import need

need("cli", "cyclopts", "rich")
