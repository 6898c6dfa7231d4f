"""The web page: one watch, any number of open pages. Needs the extra ``dashboard``."""

from accsyn_async.extras import need

need("dashboard", "aiohttp_sse", "prometheus_client")
