"""What a person sees while a run goes on: cells done, time left, what was skipped.

asv shows nothing while ``setup_cache`` runs, so the words go to the file named by ``CROSSOVER_PROGRESS`` (the
``python -m benchmarks`` command follows it) or else to the controlling terminal, if there is one.
"""

from __future__ import annotations

import os
import time
from typing import IO, Any, Dict, List, Optional

from benchmarks.protocol.plan import Block

FORECAST_TRUST_S = 60.0


def duration(seconds: float) -> str:
    """Seconds as people say them: ``45 s``, ``3 min``, ``1 h 20 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def size(count: float) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB" if count < 1024 else f"{count / 1024:,.1f} TiB"


def open_listener() -> Optional[IO[str]]:
    """The stream for progress words under asv, or None when nobody listens."""
    path = os.environ.get("CROSSOVER_PROGRESS")
    try:
        return open(path, "a", encoding="utf-8") if path else open("/dev/tty", "w", encoding="utf-8")
    except OSError:
        return None


class Progress:
    """Writes a line per block with the time left.

    Parameters
    ----------
    stream : text stream or None
        None is silent.
    weights : list of float
        Predicted seconds of each block of the whole run that is still to be measured.
    """

    def __init__(self, stream: Optional[IO[str]], weights: List[float]) -> None:
        self._stream = stream
        self._weights = weights
        self._done = 0
        self._started = time.monotonic()
        self._reasons: Dict[str, int] = {}
        #: lines that stand for everything that was said: the answer, where there is one
        self.answer: List[str] = []
        #: what each block told of the machine
        self.noises: List[Dict[str, Any]] = []

    def say(self, text: str) -> None:
        """Write one line at once."""
        if self._stream is not None:
            self._stream.write(text + "\n")
            self._stream.flush()

    def left_s(self) -> float:
        """Predicted seconds still to go, at the pace seen so far.

        The forecast counts like a first minute that went as predicted: the first blocks pay for all imports and
        would else promise a day.
        """
        done, total = sum(self._weights[: self._done]), sum(self._weights)
        trust = min(FORECAST_TRUST_S, 0.2 * total)
        pace = (time.monotonic() - self._started + trust) / (done + trust) if total else 1.0
        return pace * (total - done)

    def block_done(self, session: int, sessions: int, block: Block, lines: List[Dict[str, Any]]) -> None:
        """Report one measured block."""
        self._done += 1
        noise = lines[0].get("noise") or {} if lines else {}
        self.noises.append(noise)
        if noise.get("leftovers"):
            self.say(f"  processes that some strategy left behind were ended: {noise['leftovers']}")
        counts: Dict[str, int] = {}
        for line in lines:
            counts[line["status"]] = counts.get(line["status"], 0) + 1
            if line["status"] != "ok":
                # "predicted to need 3 GiB, ..." and its like count as one reason
                short = "{}: {}".format(line["status"], (line["reason"] or "").split(",")[0].split(":")[0])
                self._reasons[short] = self._reasons.get(short, 0) + 1
        others = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()) if name != "ok")
        self.say(
            "[{:>3}/{}] session {}/{}  {}: {} timed{}  - {} left".format(
                self._done,
                len(self._weights),
                session + 1,
                sessions,
                block.describe(),
                counts.get("ok", 0),
                ", " + others if others else "",
                duration(self.left_s()),
            )
        )

    def reasons(self) -> List[str]:
        """What was not timed, by kind of reason, most frequent first."""
        ordered = sorted(self._reasons.items(), key=lambda item: -item[1])
        return [f"{count} x {reason}" for reason, count in ordered]
