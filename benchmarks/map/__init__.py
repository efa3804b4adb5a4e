"""The adaptive map: which strategy is fastest anywhere in a box of sizes, in minutes instead of hours.

Rooms: ``box`` (where cells may lie), ``plan`` (which cells, in which order), ``book`` (what was measured so far),
``model`` (what the cost model makes of it), ``stopping``, ``loop`` (the order of events), ``words`` and ``answer``
(what a person reads), ``command`` (``python -m benchmarks map``).
"""
