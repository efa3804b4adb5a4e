"""A matplotlib figure as SVG that may stand in an HTML page: no foreign fonts, no ids that collide, page's colours."""

from __future__ import annotations

import io
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from reports.figures.readings import Mark, as_attribute
from reports.figures.style import FAINT, GRID, INK, PAPERS, VARIABLES

FONTS = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
#: Ids that begin with this survive (others are matplotlib's own and only cost bytes).
MARK = "x-"
SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "crossover",  # the same figure gives the same bytes
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@contextmanager
def figure(width: float, height: float) -> Iterator[Figure]:
    """A new figure (inches) under the suite's settings; use it and call `svg_text` within the block."""
    with matplotlib.rc_context(SETTINGS):
        made = Figure(figsize=(width, height))
        FigureCanvasSVG(made)
        yield made


def svg_text(made: Figure, name: str, description: str, marks: Iterable[Mark] = ()) -> str:
    """The figure as an `<svg>` element.

    Works on the parsed tree, so that no text in the figure can be taken for markup.

    Parameters
    ----------
    made : matplotlib.figure.Figure
    name : str
        Letters, digits and dashes; put before every id in the figure, so that many figures share a page.
    description : str
        What the picture shows, for those who cannot see it; becomes the element's `aria-label`.
    marks : iterable of Mark, optional
        What the page tells of under the pointer; becomes the element's `data-marks`.

    Returns
    -------
    str
        One `<svg>` element without namespaces, metadata or style sheet. An artist whose gid is `x-<something>`
        has the id `<name>-x-<something>`.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # text stays text: the reader's own fonts draw it, whatever ours lack
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        made.savefig(buffer, format="svg")
    root = ElementTree.fromstring(buffer.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{SVG}metadata", f"{SVG}style"):
                parent.remove(child)
    used = {link for element in root.iter() for link in _links(element)}
    short = {link: f"{name}-{number}" for number, link in enumerate(sorted(used))}
    for element in root.iter():
        _make_plain(element, name, short)
    _without_idle_groups(root)
    _share_styles(root, name)
    width, height = (float(x) for x in root.attrib["viewBox"].split()[2:])
    root.attrib.update(
        {"role": "img", "aria-label": description, "width": f"{width:g}", "height": f"{height:g}"}
    )
    root.attrib.update({"font-family": FONTS, "stroke-linejoin": "round"})
    if told := list(marks):
        root.attrib["data-marks"] = as_attribute(made, told)
    return ElementTree.tostring(root, encoding="unicode")


def standing_alone(svg: str, theme: str) -> str:
    """An `<svg>` element of a page as the text of a file: with its namespace, a paper, and colours of its own.

    Parameters
    ----------
    svg : str
        From `svg_text`.
    theme : {"light", "dark"}
    """
    colours = {name: dark if theme == "dark" else light for name, light, dark in VARIABLES.values()}
    text = re.sub(r"var\(--([a-z0-9-]+),[^)]*\)", lambda found: colours[found.group(1)], svg)
    paper = f'<rect width="100%" height="100%" fill="{PAPERS[theme]}"/>'
    head, _, rest = text.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg">{paper}{rest}\n'


def _links(element: ElementTree.Element) -> list[str]:
    """Ids that an element refers to."""
    link = element.attrib.get(f"{XLINK}href", "") if element.tag != f"{SVG}a" else ""
    found = [link.removeprefix("#")]
    return found + re.findall(
        r"url\(#([^)]*)\)", element.attrib.get("clip-path", "") + element.attrib.get("style", "")
    )


def _make_plain(element: ElementTree.Element, name: str, short: dict[str, str]) -> None:
    """Local names, short ids of this figure, the page's colours and short numbers, in place."""
    element.tag = element.tag.removeprefix(SVG)
    old = dict(element.attrib)
    element.attrib.clear()
    if element.tag != "text":
        element.text = None
    element.tail = None
    for key, value in old.items():
        if key == "id" and not (value in short or value.startswith(MARK)):
            continue
        if key == "id":
            value = short.get(value, f"{name}-{value}")
        elif key == f"{XLINK}href" and element.tag == "a":
            key = "href"
            element.attrib["tabindex"] = "-1"  # the same links stand in the rankings, once for the keyboard
        elif key == f"{XLINK}href":
            key, value = "href", "#" + short[value.removeprefix("#")]
        elif key == "clip-path":
            value = re.sub(r"(?<=url\(#)[^)]*", lambda found: short[found.group()], value)
        elif key == "style":
            value = (
                re.sub(r"font(-family)?: [^;]*'DejaVu Sans'[^;]*(; )?", "", value)
                if "font:" not in value
                else value
            )
            value = re.sub(r"(?<=url\(#)[^)]*", lambda found: short[found.group()], value)  # a hatch
            value = re.sub(r"#[0-9a-f]{6}\b", _variable, value.replace("; ", ";").replace(": ", ":"))
        elif key == "target" or (key == "transform" and value.startswith("rotate(-0 ")):
            continue
        elif key in ("d", "x", "y"):
            value = re.sub(r"-?\d+\.\d+", _tenth, value)
            value = re.sub(r" ?([A-Za-z]) ?", r"\1", " ".join(value.split()))
            value = re.sub(r"(?:L-?[\d.]+ -?[\d.]+){3,}", _corners, value) if key == "d" else value
        element.attrib[key] = value


def _tenth(found: re.Match[str]) -> str:
    """A coordinate to a tenth of a point, finer than any screen shows at this size."""
    return f"{float(found.group()):.1f}".removesuffix(".0")


def _corners(found: re.Match[str]) -> str:
    """A broken line without the points between two others on the same horizontal or vertical."""
    points = [tuple(part.split(" ")) for part in found.group()[1:].split("L")]
    kept = [
        point
        for before, point, after in zip(points, points[1:], points[2:], strict=False)
        if not (before[0] == point[0] == after[0] or before[1] == point[1] == after[1])
    ]
    return "".join(f"L{x} {y}" for x, y in (points[0], *kept, points[-1]))


def _without_idle_groups(root: ElementTree.Element) -> None:
    """Put the children of groups that carry nothing in the place of the group."""
    for parent in list(root.iter()):
        while any(child.tag == "g" and not child.attrib for child in parent):
            kept: list[ElementTree.Element] = []
            for child in parent:
                kept += list(child) if child.tag == "g" and not child.attrib else [child]
            parent[:] = kept


def _share_styles(root: ElementTree.Element, name: str) -> None:
    """Styles that occur often become classes of this figure: a third of the bytes."""
    counts = Counter(element.attrib.get("style", "") for element in root.iter())
    shared = {style: f"{name}-s{i}" for i, (style, n) in enumerate(counts.items()) if style and n > 2}
    for element in root.iter():
        style = element.attrib.get("style", "")
        if style in shared:
            element.attrib["class"] = shared[style]
            del element.attrib["style"]
    sheet = ElementTree.Element("style")
    sheet.text = "".join(f".{label}{{{style}}}" for style, label in shared.items())
    root.insert(0, sheet)


def _variable(match: re.Match[str]) -> str:
    """A colour of the style as a reference to the page's variable, with itself to fall back on."""
    known = VARIABLES.get(match.group())
    return f"var(--{known[0]},{known[1]})" if known else match.group()
