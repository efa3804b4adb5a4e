"""The clocks of a measuring process, bound when it starts: no strategy that is loaded later can put others in place."""

from __future__ import annotations

from time import monotonic, perf_counter, process_time, sleep

__all__ = ["monotonic", "perf_counter", "process_time", "sleep"]
