"""Numbers as people read them: times, ratios, sizes and bytes, with as many digits as mean something."""

from __future__ import annotations

import math
from collections.abc import Iterable

SECOND_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
#: Less extra memory than this is not resolved: code that was compiled is seen by whole pages and arenas only.
RESOLVED_BYTES = 64 << 10
BYTE_UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


class Shown(str):
    """A number in words, with the number: tables are sorted by it.

    Attributes
    ----------
    value : float
        In seconds, bytes or what else is counted; never NaN.
    """

    value: float

    def __new__(cls, text: str, value: float) -> Shown:
        """Words and the number that they tell."""
        made = super().__new__(cls, text)
        made.value = float(value)
        return made

    def __getnewargs__(self) -> tuple[str, float]:  # type: ignore[override]
        """What a copy in another process is made of."""
        return str(self), self.value


def seconds(value: float) -> str:
    """A time in the unit that fits it, three significant digits; empty for NaN."""
    if not math.isfinite(value):
        return ""
    factor, unit = next((u for u in SECOND_UNITS if value >= 0.9995 * u[0]), SECOND_UNITS[-1])
    return Shown(f"{_digits(value / factor)} {unit}", value)


def ratio(value: float) -> str:
    """A ratio such as `1.43×`, `12×` or `0.08×`; empty for NaN."""
    if not math.isfinite(value):
        return ""
    return Shown(f"{_digits(value) if value < 9.95 else f'{value:,.0f}'}×", value)


def error(value: float) -> str:
    """An error such as `0.0046` or `2.3e-15`, two significant digits; empty for NaN."""
    if not math.isfinite(value):
        return ""
    number, _, power = f"{value:.2g}".partition("e")
    return Shown(f"{number}e{int(power)}" if power else number, value)


def share(value: float) -> str:
    """A part of a whole such as `48 %` or `0.3 %`; empty for NaN."""
    if not math.isfinite(value):
        return ""
    return Shown(f"{100 * value:.0f} %" if value >= 0.0995 else f"{100 * value:.2g} %", value)


def ratio_range(low: float, high: float) -> str:
    """Two ratios as a range, or one where both read the same."""
    first, last = ratio(low), ratio(high)
    return first if first == last else f"{first.rstrip('×')} to {last}"


def interval(low: float, high: float) -> str:
    """An interval in brackets; empty when there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return Shown(f"[{ratio(low).rstrip('×')}, {ratio(high).rstrip('×')}]", low)


def size(value: float) -> str:
    """A size parameter: whole numbers with a thousands separator, others as they are."""
    text = f"{int(value):,}" if float(value).is_integer() else f"{value:g}"
    return text if math.isnan(value) else Shown(text, value)


def in_bytes(value: float) -> str:
    """Bytes in binary units; empty for NaN."""
    if not math.isfinite(value):
        return ""
    for factor, unit in BYTE_UNITS:
        if value >= factor:
            return Shown(f"{_digits(value / factor)} {unit}", value)
    return Shown(f"{value:.0f} B", value)


def memory(value: float) -> str:
    """Extra memory of a call as bytes; what is below the resolution of its measurement is said to be so."""
    if value < RESOLVED_BYTES:
        return Shown(f"< {RESOLVED_BYTES >> 10} KiB, not resolved", 0.0)
    return in_bytes(value)


def listing(items: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    names = list(items)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 cell`, `13 cells`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _digits(value: float) -> str:
    """Three significant digits without an exponent, no trailing zeros behind a whole number."""
    places = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{places}f}"
