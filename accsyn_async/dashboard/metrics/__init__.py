"""What a watch and its origin have seen, as Prometheus metrics. Needs the extra ``dashboard``."""

from accsyn_async.extras import need

need("dashboard", "prometheus_client")

from accsyn_async.dashboard.metrics.metrics import Metrics  # noqa: E402 - only if it can be

__all__ = ["Metrics"]
