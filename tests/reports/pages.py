"""The pages of a site that was built, for the tests that look at them."""

from __future__ import annotations

from pathlib import Path


def read_pages(out: Path) -> dict[str, str]:
    """Every page by its file name, the first one first."""
    names = (out / "pages.txt").read_text(encoding="utf-8").split()
    return {name: (out / name).read_text(encoding="utf-8") for name in names}


def whole(out: Path) -> str:
    """All pages one after the other."""
    return "\n".join(read_pages(out).values())


def page_of(out: Path) -> Path:
    """The first page of the first workload."""
    return out / list(read_pages(out))[1]


def text_of(out: Path) -> str:
    """All pages of the first workload one after the other."""
    slug = page_of(out).stem
    return "\n".join(
        html
        for name, html in read_pages(out).items()
        if name == f"{slug}.html" or name.startswith(f"{slug}~")
    )
