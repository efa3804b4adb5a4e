"""Known faults of packages, said before what they touch is measured: times that a compiler's fault made mislead."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence

from benchmarks import workloads
from benchmarks.protocol import devices
from benchmarks.protocol.plan import Block
from impls import known_faults
from impls.known_faults import Case, Fault


def sentences(
    blocks: Sequence[Block],
    impls: Iterable[str],
    versions: Mapping[str, Optional[str]],
    found: Optional[Dict[str, Any]] = None,
    faults: Optional[Sequence[Fault]] = None,
) -> List[str]:
    """Return what is known to be at fault in blocks of one workload that are about to be measured.

    Parameters
    ----------
    blocks : sequence of Block
    impls : iterable of str
        Strategies; those that cannot run here are left out.
    versions : mapping of str to str
        As `machine.versions`.
    found : dict, optional
        As `devices.probed`, which is asked, in a process of its own, where this is not given and versions, strategies
        and data types leave it to the device whether a fault is at work.
    faults : sequence of Fault, optional
        Those of `known_faults.toml` by default.
    """
    faults = known_faults.read() if faults is None else faults
    workload = workloads.get(blocks[0].workload)
    runtimes = {
        impl: next((name for name in workload.packages(impl) if name in devices.RUNTIMES), "")
        for impl in impls
        if workload.why_not(impl) is None
    }
    dtypes = {block.dtype for block in blocks}
    told: List[str] = []
    for fault in faults:
        runtime, _, platform = fault.device.partition(" ")
        cases = [
            Case(impl, dtype, fault.device)
            for impl in runtimes
            if runtimes[impl] == runtime
            for dtype in dtypes
        ]
        if not known_faults.at_work([fault], versions, cases):
            continue
        if runtime and found is None:
            found = devices.probed({name for name in runtimes.values() if name})
        facts = (found or {}).get(runtime, {})
        if runtime and facts.get("platform") != platform:
            continue
        struck = known_faults.at_work([fault], versions, cases, str(facts.get("runtime", "")))
        told += [each.told(str(versions[each.package]), names) for each, names in struck.items()]
    return told
