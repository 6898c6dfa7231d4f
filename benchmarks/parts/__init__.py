"""The parts of the benchmarks: each module has a ``measure`` that gives its figures."""
