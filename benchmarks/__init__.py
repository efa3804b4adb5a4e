"""What is timed, at which shapes, on which data, by which protocol.

asv imports this package from the working tree; the line below puts the tree's root on the path, so that
``impls`` is the code beside it and not an installed copy (each run records the git commit and whether the
tree was dirty).

Rooms: ``sets`` (which cells each measurement set holds), ``workloads`` (inputs and tasks of a computation),
``protocol`` (how a cell is measured), ``vlad``, ``scatter1d`` and ``plain`` (the classes asv sees).
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
