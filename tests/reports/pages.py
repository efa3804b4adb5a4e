"""The pages of a site that was built, for the tests that look at them."""

from __future__ import annotations

from pathlib import Path

from reports.tables import folder_name


def read_pages(out: Path) -> dict[str, str]:
    """Every page by its file name, the first one first."""
    names = (out / "pages.txt").read_text(encoding="utf-8").split()
    return {name: (out / name).read_text(encoding="utf-8") for name in names}


def whole(out: Path) -> str:
    """All pages one after the other."""
    return "\n".join(read_pages(out).values())


def page_of(out: Path, workload: str = "vlad") -> Path:
    """The first page of a workload."""
    return out / f"{folder_name(workload)}.html"


def text_of(out: Path, workload: str = "vlad") -> str:
    """All pages of a workload one after the other."""
    slug = folder_name(workload)
    return "\n".join(
        html
        for name, html in read_pages(out).items()
        if name == f"{slug}.html" or name.startswith(f"{slug}-")
    )
