"""What a watch and its origin have seen, as Prometheus metrics. Needs prometheus-client."""

from accsyn_async.dashboard.metrics.metrics import Metrics

__all__ = ["Metrics"]
