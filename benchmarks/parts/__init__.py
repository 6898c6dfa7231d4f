"""What is measured: a module each, run in a process of its own; ``benchmarks.catalogue`` has their order."""
