"""Work on all processors: a function over items, in forked processes where that is worth it."""

from __future__ import annotations

import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

#: From so many items on, several processes work: fewer are done before a process has started.
SHARED = 24
#: What no item takes.
PATIENCE_S = 30.0
Item = TypeVar("Item")
Result = TypeVar("Result")


class _Waiting:
    """What forked processes find when they start: nothing has to be sent to them but places."""

    function: Callable[[Any], Any]
    items: Sequence[Any]


def on_all(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Results of a function for every item, in order.

    Parameters
    ----------
    function : callable
        Changes nothing that anybody else looks at; what it returns can be pickled.
    items : sequence
    """
    workers = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    if workers < 2 or len(items) < SHARED or multiprocessing.current_process().daemon:
        yield from map(function, items)
        return
    _Waiting.function, _Waiting.items = function, items
    done = 0
    try:
        # A forked process cannot use the threads that BLAS had before: with one it needs none.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside those threads, which wait
            with multiprocessing.get_context("fork").Pool(workers) as pool:
                results = pool.imap(_at, range(len(items)))
                while done < len(items):
                    found = results.next(PATIENCE_S)
                    done += 1
                    yield found
    except multiprocessing.TimeoutError:  # a process that hangs costs time, never the result
        yield from map(function, items[done:])
    finally:
        del _Waiting.function, _Waiting.items


def _at(place: int) -> Any:
    return _Waiting.function(_Waiting.items[place])
