"""What a watch and its session have seen, as Prometheus metrics. Needs prometheus-client."""

from accsyn_async.dashboard.metrics.metrics import Metrics

__all__ = ["Metrics"]
