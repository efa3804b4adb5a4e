"""A worker process seen from outside: it is told what to do, its answers are awaited, its deadlines watched.

When it dies, or is killed because a step outlasted the limit it had announced, `WorkerDied` says during which strategy.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Dict, List, Optional

from benchmarks import ROOT
from benchmarks.protocol.environment import worker_environment
from benchmarks.protocol.plan import WORKER, Block, Budget
from benchmarks.protocol.surroundings import members

START_LIMIT_S = 120.0
DEVICE_LIMIT_S = 120.0  # to ask a device who it is, and how fast at best
LOOK_S = 0.5  # how often the process is looked at while it is silent
FAMILY_ROUNDS = 10  # a process may start another while it is looked for
LAST_WORDS_S = 2.0  # for events that a process sent before it died


class WorkerDied(Exception):
    """The worker is gone; says during which strategy, in which way, and why.

    Attributes
    ----------
    impl : str or None
        The strategy that was running, None when it was none of them.
    status : {"killed", "timeout", "failed"}
    reason : str
    """

    def __init__(self, impl: Optional[str], status: str, reason: str) -> None:
        super().__init__(reason)
        self.impl, self.status, self.reason = impl, status, reason


class InputsWritten(Exception):
    """Somebody wrote to the inputs while samples were taken: the block has to be measured again, watchful."""


class NotMeasuredError(RuntimeError):
    """Nothing can be measured, and no strategy is at fault; the message says what is."""


class NotStartedError(NotMeasuredError):
    """No measuring process could be started, or it died at once."""


def planned_cores(threads: int) -> List[int]:
    """Cores a worker with that many threads stays on (0 = all that this process may use).

    The last ones are taken: the first core of a machine serves most interrupts.
    """
    if not hasattr(os, "sched_getaffinity"):
        return []
    mine = sorted(os.sched_getaffinity(0))
    return mine if threads == 0 else mine[-threads:]


class Worker:
    """A measuring process with a fixed number of threads.

    Parameters
    ----------
    threads : int
        Threads of every library in it; 0 = all cores this process may use.
    kept : str
        Folder for what later workers of the same run need not do again: compiling, and asking the oracle.
    weighing : bool
        Whether it is to measure memory instead of time.
    """

    def __init__(self, threads: int, kept: str, weighing: bool = False) -> None:
        self._kept = kept
        self._request = 0
        self._mark = uuid.uuid4().hex
        try:
            self._stderr = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")  # noqa: SIM115
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.protocol.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                cwd=ROOT,
                env=dict(worker_environment(threads, kept, weighing), **{WORKER: self._mark}),
                text=True,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then ends the worker's group
            )
        except OSError as problem:
            raise NotStartedError(f"the measuring process could not be started: {problem}") from problem
        self._events: queue.Queue[Optional[Dict[str, Any]]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._send({"cores": planned_cores(threads)})
        try:
            self.facts = self._await(START_LIMIT_S, final="ready")
            for name in ("event", "request"):
                del self.facts[name]
        except WorkerDied as death:
            self.close()
            raise NotStartedError("the measuring process did not start: " + death.reason) from death

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            try:
                event = json.loads(text)
            except ValueError:
                continue  # torn: a process that is killed while it writes
            if isinstance(event, dict):
                self._events.put(event)
        self._events.put(None)

    def _send(self, message: Dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._request += 1
        try:
            self._process.stdin.write(json.dumps(dict(message, request=self._request)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            # The death is reported where the answer is awaited, with its exit status and last words.
            return

    def _next(self, deadline: float) -> Optional[Dict[str, Any]]:
        """The next event of the request under way; None when the process is gone; `queue.Empty` at the deadline.

        The pipe's end is not waited for: a copy of the process, which a strategy made, may hold it open. Whatever
        such a copy sends carries another process's number, or that of an earlier request, and is refused.
        """
        ended_at: Optional[float] = None
        while True:
            now = time.monotonic()
            if ended_at is not None and now > ended_at + LAST_WORDS_S:
                return None
            wait_s = min(LOOK_S if ended_at is None else 0.05, deadline - now)
            if wait_s <= 0:
                raise queue.Empty
            try:
                event = self._events.get(timeout=wait_s)
            except queue.Empty:
                if ended_at is None and self._ended():
                    ended_at = time.monotonic()
                elif ended_at is not None:
                    return None
                continue
            if event is None or (event.get("pid"), event.get("request")) == (
                self._process.pid,
                self._request,
            ):
                return event

    def _await(self, limit_s: float, final: str = "done") -> Dict[str, Any]:
        """Follow events up to the final one; kill the worker when a step outlasts the limit it announced."""
        impl, doing = None, "start"
        deadline = time.monotonic() + limit_s
        while True:
            try:
                event = self._next(deadline)
            except queue.Empty:
                self.close()
                raise WorkerDied(impl, "timeout", f"{doing} took over {limit_s:.3g} s") from None
            if event is None:
                raise self._autopsy(impl, doing)
            if event["event"] == final:
                return event
            if event["event"] == "broken":
                raise WorkerDied(None, "failed", event["reason"])
            if event["event"] == "changed":
                self.close()
                raise WorkerDied(event["impl"], "failed", event["reason"])
            if event["event"] == "written":
                self.close()
                raise InputsWritten(event["reason"])
            impl, doing, limit_s = event["impl"], event["doing"], event["limit_s"]
            deadline = time.monotonic() + limit_s

    def _autopsy(self, impl: Optional[str], doing: str) -> WorkerDied:
        deadline = time.monotonic() + LAST_WORDS_S
        while not self._ended() and time.monotonic() < deadline:  # its pipe closes a little before
            time.sleep(0.01)
        code = self._end()
        self._stderr.seek(0)
        last_words = [line.strip() for line in self._stderr.read().splitlines() if line.strip()][-1:]
        said = ": " + last_words[0][:200] if last_words else ""
        if code < 0:
            known = {number.value: number.name for number in signal.Signals}
            name = known.get(-code, f"signal {-code}")
            hint = " (perhaps out of memory)" if name == "SIGKILL" else ""
            return WorkerDied(impl, "killed", f"killed by {name}{hint} during {doing}")
        return WorkerDied(impl, "failed", f"the process ended with code {code} during {doing}{said}")

    def limits(self) -> Dict[str, Any]:
        """Measured memory rates, copy bandwidth and GEMM rate of this worker."""
        self._send({"do": "limits"})
        found = self._await(60.0)
        return {name: found[name] for name in ("rates", "copy_bytes_per_s", "gemm_flops_per_s")}

    def devices(self) -> Dict[str, Any]:
        """The devices of the runtimes that this worker has loaded."""
        self._send({"do": "devices"})
        found: Dict[str, Any] = self._await(DEVICE_LIMIT_S)["devices"]
        return found

    def realised_threads(self) -> Dict[str, Any]:
        """Threads that the libraries of this worker would use now."""
        self._send({"do": "threads"})
        found: Dict[str, Any] = self._await(60.0)["threads"]
        return found

    def predict(self, blocks: List[Block], impls: List[str]) -> Dict[str, List[Optional[int]]]:
        """Predicted extra bytes of every strategy on every block."""
        self._send({"do": "predict", "blocks": [asdict(block) for block in blocks], "impls": impls})
        found: Dict[str, List[Optional[int]]] = self._await(60.0)["bytes"]
        return found

    def measure(
        self,
        block: Block,
        impls: List[str],
        budget: Budget,
        seed: int,
        order_seed: int,
        watchful: bool = False,
    ) -> Dict[str, Any]:
        """Measure one block.

        Raises
        ------
        WorkerDied
            When the process does not survive it, or must not go on.
        InputsWritten
            When it has to be measured again, `watchful`.
        """
        spec = {"impls": impls, "seed": seed, "order_seed": order_seed, "kept": self._kept}
        self._send(dict(spec, do="block", block=asdict(block), budget=asdict(budget), watchful=watchful))
        return self._await(60.0)

    def weigh(self, block: Block, impls: List[str], budget: Budget, seed: int) -> Dict[str, int]:
        """Peak extra bytes of strategies on one block."""
        spec = {"impls": impls, "seed": seed, "do": "weigh"}
        self._send(dict(spec, block=asdict(block), budget=asdict(budget)))
        found: Dict[str, int] = self._await(60.0)["peaks"]
        return found

    def follow(self, block: Block, impl: str, seed: int) -> Dict[str, Any]:
        """Where the points of a block go under a strategy, or why that cannot be told."""
        self._send({"do": "follow", "block": asdict(block), "impl": impl, "seed": seed})
        found: Dict[str, Any] = self._await(60.0)["told"]
        return found

    def leftovers(self) -> int:
        """Processes beside the worker in its group or with its mark; they are ended."""
        # once the worker was waited for, its number may become that of somebody else's group
        group = self._process.pid if self._process.returncode is None else None
        others = members(group, f"{WORKER}={self._mark}") - {self._process.pid}
        for pid in others:
            _kill(pid)
        return len(others)

    def _ended(self) -> bool:
        """Tell whether the process has ended, without taking its number from it."""
        if not hasattr(os, "waitid"):
            return self._process.poll() is not None
        if self._process.returncode is not None:
            return True
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _end(self) -> int:
        """Kill the process and all that it started, in its group or out of it; returns its exit code."""
        if hasattr(os, "killpg") and self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):  # nobody is left in it
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        code = self._process.wait()
        for _ in range(FAMILY_ROUNDS):
            if not self.leftovers():
                break
        return code

    def close(self) -> None:
        """End the process and all that it started, at once."""
        self._end()
        for pipe in (self._process.stdin, self._stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except (BrokenPipeError, ValueError):
                    continue  # unsent words to a process that is gone


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it ended meanwhile
        os.kill(pid, signal.SIGKILL)
