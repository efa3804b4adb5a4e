"""Renew every lock in this folder, for every Python that the suite supports, each in one resolution.

``make pins`` runs it in an environment of its own. uv resolves for all platforms and, where a package has dropped
an older Python, once for each side of that line: one file serves Python 3.11 and 3.13, and each gets the newest
versions that it can have. Every lock is complete, so that pip installs it with ``--no-deps`` and resolves nothing.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from benchmarks.timemachine import config  # noqa: E402

#: The oldest Python that the suite's own environment is made with.
OLDEST = "3.11"
#: JAX for devices starts where the scatter fault of jaxlib 0.10.2 to 0.11.0 is mended, and that needs Python 3.12.
OLDEST_FOR_DEVICES = "3.12"


class Lock(NamedTuple):
    """A file to write, what of pyproject.toml it holds, and the locks whose versions it keeps."""

    name: str
    extras: tuple[str, ...]
    oldest: str = OLDEST
    like: tuple[str, ...] = ()


MEASURE = ("numba", "jax", "pandas", "measure")
LOCKS = (
    Lock("measure.txt", MEASURE),
    Lock("suite.txt", (*MEASURE, "report", "test"), like=("measure.txt",)),
    Lock("torch.txt", ("torch",), like=("suite.txt",)),
    Lock("cuda13.txt", ("cuda13",), OLDEST_FOR_DEVICES, like=("suite.txt", "torch.txt")),
    Lock("cuda12.txt", ("cuda12",), OLDEST_FOR_DEVICES, like=("suite.txt",)),
    Lock("tpu.txt", ("tpu",), OLDEST_FOR_DEVICES, like=("suite.txt",)),
)


def resolve(words: list[str], lock: Path, python: str, source: str | None = None) -> None:
    """Write one lock, with the hash of every file of every platform.

    Parameters
    ----------
    words : list of str
        Further words for ``uv pip compile``: sources, extras, constraints.
    lock : Path
        The file to write; its folder is made.
    python : str
        The oldest Python that it serves, such as ``3.11``.
    source : str, optional
        Requirements, one a line, where no file holds them.
    """
    lock.parent.mkdir(exist_ok=True)
    uv = str(Path(sysconfig.get_path("scripts")) / "uv")
    flags = [
        "--quiet",
        "--upgrade",
        "--universal",
        "--python-version",
        python,
        "--fork-strategy",
        "requires-python",
    ]
    # What has a wheel somewhere; the few platforms without one build it with requirements/build.txt.
    flags += ["--only-binary", ":all:", "--generate-hashes", "--no-emit-index-url"]
    flags += ["--custom-compile-command", "make pins", "-o", str(lock)]
    subprocess.run([uv, "pip", "compile", *flags, *words], input=source, text=True, check=True, cwd=ROOT)


def renew(lock: Lock) -> None:
    """Renew a lock of extras of pyproject.toml."""
    extras = [word for extra in lock.extras for word in ("--extra", extra)]
    likes = [word for other in lock.like for word in ("--constraint", f"requirements/{other}")]
    resolve(["pyproject.toml", *extras, *likes], HERE / lock.name, lock.oldest)


def renew_era(environment: Any) -> None:
    """Write the lock of an era: its own versions, which never change, with the hashes of their files."""
    source = "".join(f"{name}=={version}\n" for name, version in environment.pins)
    resolve(["-"], ROOT / environment.lock, environment.python, source)


def main() -> int:
    """Renew uv's own lock, those of the suite, that of what builds, and those of the eras."""
    resolve(["-"], HERE / "uv.txt", OLDEST, "uv\n")
    for lock in LOCKS:
        print(f"requirements/{lock.name}", flush=True)
        renew(lock)
    like_suite = ["--constraint", "requirements/suite.txt"]
    resolve(["--group", "build", *like_suite], HERE / "build.txt", OLDEST)
    for environment in config.read().environments:
        print(environment.lock, flush=True)
        renew_era(environment)
    return 0


if __name__ == "__main__":
    sys.exit(main())
