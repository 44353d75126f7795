"""Benchmarks: ``python -m tests.benchmarks [PART ...] [--quick]``. What they find is shown in docs/performance.md."""
