"""How a strategy looks. Colour, marker and dash belong to its *name*, so they never move between pages or runs.

All settings of one file (`name:setting`) share a colour; marker and dash tell them apart.
The hues are darkened from Okabe and Ito's colour-blind safe set until each has a contrast of at least 4.5 on white;
each has a lighter partner for the dark page. More strategies than hues exist, so marker and dash tell apart who
shares one, and the name is written at every line's end.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

from reports.ideas import IDEAS

#: (on a light page, on a dark page)
HUES = (
    ("#0068a8", "#5ab4f0"),  # blue
    ("#b84a00", "#ff9a4d"),  # vermilion
    ("#00755a", "#3fc9a0"),  # green
    ("#a03a78", "#ec9cc8"),  # purple
    ("#8a6100", "#e6b422"),  # ochre
    ("#5a45b0", "#aea0ff"),  # violet
    ("#00727a", "#4cc6d2"),  # teal
    ("#b3263e", "#ff8b97"),  # crimson
    ("#5b6570", "#a9b4c0"),  # grey
    ("#7a4a2b", "#d3a07a"),  # brown
    ("#5b6a00", "#b9cc4e"),  # olive
)
INK, FAINT, GRID, PAPER, ON_HUE, UNDECIDED = "#1c2128", "#59636e", "#d5dae0", "#fefefe", "#fffffe", "#eceff2"
#: Colours of figures -> (name of the page's variable, on a light page, on a dark page)
VARIABLES = {
    INK: ("ink", INK, "#e6eaef"),
    FAINT: ("faint", FAINT, "#a5afba"),
    GRID: ("grid", GRID, "#39424d"),
    PAPER: ("paper", "#ffffff", "#14181d"),
    ON_HUE: ("on-hue", "#ffffff", "#0c0f13"),
    UNDECIDED: ("undecided", UNDECIDED, "#2a313a"),
    **{light: (f"hue-{number}", light, dark) for number, (light, dark) in enumerate(HUES)},
}
#: The paper of pictures that stand alone, and matplotlib's settings that differ on the dark one.
PAPERS = {"light": "#ffffff", "dark": "#0d1117"}
DARK: Any = {
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), VARIABLES[INK][2]
    ),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), VARIABLES[FAINT][2]),
    "grid.color": VARIABLES[GRID][2],
}
#: matplotlib's marker -> the same sign as text
GLYPHS = {"o": "●", "s": "■", "^": "▲", "D": "◆", "v": "▼", "*": "★", "P": "✚", "X": "✖", "<": "◀", ">": "▶"}
DASHES = {
    "solid": (0, ()),
    "dashed": (0, (4, 1.5)),
    "dotted": (0, (1.2, 1.2)),
    "dashdot": (0, (5, 1.2, 1.2, 1.2)),
}

#: name -> (hue, marker, dash). Names not listed get theirs from a hash of the name.
KNOWN = {
    "loop": (8, "o", "solid"),
    "loop_residuals": (8, "D", "dotted"),
    "mask_4d": (4, "s", "dashed"),
    "mask_4d_blocks": (4, "^", "dashdot"),
    "ufunc_at": (9, "^", "solid"),
    "ufunc_at_flat": (9, "v", "dashed"),
    "bincount": (9, "o", "solid"),
    "bincount_columns": (9, "D", "dashdot"),
    "ragged_cumsum": (3, "s", "solid"),
    "reduceat": (3, "^", "dashed"),
    "sparse_matmul": (0, "o", "solid"),
    "onehot_matmul": (1, "s", "solid"),
    "numba_scatter": (2, "D", "solid"),
    "numba_scatter_threads": (2, "*", "solid"),
    "numba_fused": (2, "o", "dashed"),
    "jax_segment_sum": (5, "o", "solid"),
    "jax_onehot_matmul": (7, "s", "dashed"),
    "jax_onehot_map": (7, "D", "dashdot"),
    "jax_scatter_add": (5, "^", "dotted"),
    "jax_segment_sum_sorted": (5, "D", "dashed"),
    "jax_onehot_chunked": (7, "o", "solid"),
    "jax_ragged_cumsum": (5, "v", "dashdot"),
    "torch_index_add": (10, "P", "solid"),
    "torch_onehot": (10, "o", "dashed"),
    "pandas_groupby": (6, "X", "dashed"),
    # the published pipelines, in the colours of the strategies that carry their ideas on where those are not grey
    "looping": (8, "v", "solid"),
    "looping_batched": (8, "<", "dotted"),
    "asker_loop": (9, "<", "dashed"),
    "naivec": (7, "s", "solid"),
    "truvec": (6, ">", "solid"),
    "optvec": (3, "D", "solid"),
    "fancy_index": (10, "v", "dotted"),
}


@dataclass(frozen=True)
class Look:
    """How one strategy is drawn: hex colour (light page), index of the hue, matplotlib marker, dash, text sign."""

    colour: str
    hue: int
    marker: str
    dash: tuple[int, tuple[float, ...]]
    glyph: str


def look_of(impl: str) -> Look:
    """The look of a strategy, the same in every run and on every machine; settings of a file have its hue."""
    file, _, setting = impl.partition(":")
    if impl in KNOWN:
        hue, marker, dash = KNOWN[impl]
    else:
        code = zlib.crc32(impl.encode())
        hue = look_of(file).hue if setting else code % len(HUES)
        marker = list(GLYPHS)[code // 16 % len(GLYPHS)]
        dash = list(DASHES)[code // 256 % len(DASHES)]
    return Look(HUES[hue][0], hue, marker, DASHES[dash], GLYPHS[marker])


def hue_of_idea(idea: str) -> str:
    """The colour (light page) of an idea, or of a strategy that has none of them."""
    return HUES[hue_number(idea)][0]


def hue_number(idea: str) -> int:
    """The position of its colour in `HUES`."""
    return next((each.hue for each in IDEAS if each.name == idea), look_of(idea).hue)
