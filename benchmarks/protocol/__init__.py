"""How a cell is measured: blocks, sessions, workers, the journal. Knows nothing of any one workload.

Arrows run one way: ``run`` -> ``supervisor`` -> ``process`` -> (pipe) ``worker`` -> ``block``;
all of them use ``plan``.
"""
