"""Packed journals as several xz streams: damage to one of them costs that one, and lets no altered number through.

The decoder notices damage by the end of the LZMA2 chunk that holds it, and what it gave out of that chunk until then
may be altered. So a chunk's worth is held back until the decoder is past it, and dropped where it finds damage.
"""

from __future__ import annotations

import lzma
from collections.abc import Generator, Iterable, Iterator
from typing import Any

MAGIC = b"\xfd7zXZ\x00"
#: The most that an LZMA2 chunk unpacks to.
CHUNK = 2 << 20
#: So much is given to the decoder at a time.
PIECE = 4096
#: Places at which a damaged file is taken up again, and what the decoder may use; xz at its strongest asks for 65 MiB.
MOST_RESTARTS, MOST_MEMORY = 1_000, 128 << 20
#: A stream of a packed journal holds about so many bytes of lines: 5 % more to store than one stream for all.
STREAM = 1 << 20
#: xz for text: four bits of the byte before tell what comes, and no alignment to exploit. 24 MiB to write.
FILTERS: list[dict[str, Any]] = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 4, "pb": 0}]


def packed_streams(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines as xz streams of whole lines, to be written one behind the other."""
    held: list[bytes] = []
    length = 0
    for line in lines:
        held.append(line)
        length += len(line)
        if length >= STREAM:
            yield lzma.compress(b"".join(held), filters=FILTERS)
            held, length = [], 0
    if held:
        yield lzma.compress(b"".join(held), filters=FILTERS)


class Unpacking:
    """What is sound in a file of xz streams.

    Attributes
    ----------
    trouble : str
        The first damage that was met; empty while there was none.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw, self.trouble = raw, ""

    def parts(self) -> Iterator[bytes | None]:
        """Unpacked bytes in order; None where something is missing, so that half a line before it is not one."""
        at, restarts = 0, 0
        while at < len(self.raw) and restarts <= MOST_RESTARTS:
            start = self.raw.find(MAGIC, at)
            if self.raw[at : start if start >= 0 else None].strip(b"\0"):  # padding is zeros
                self._note("there is something between its streams that does not belong there")
                yield None
            if start < 0:
                return
            end = yield from self._stream(start)
            if end is None:
                restarts += 1
                yield None
            at = start + 1 if end is None else end

    def _stream(self, start: int) -> Generator[bytes | None, None, int | None]:
        """One stream; returns where it ends, None where it is damaged or ends early."""
        decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)
        held, at = bytearray(), start
        try:
            while not decoder.eof and at < len(self.raw):
                held += decoder.decompress(self.raw[at : at + PIECE])
                at += PIECE
                if len(held) > 2 * CHUNK:
                    yield bytes(held[:-CHUNK])
                    del held[:-CHUNK]
        except lzma.LZMAError as problem:
            self._note(str(problem))
            yield bytes(held[: max(0, len(held) - CHUNK)])
            return None
        yield bytes(held)
        if not decoder.eof:
            self._note("it ends too early")
            return None
        return min(at, len(self.raw)) - len(decoder.unused_data)

    def _note(self, trouble: str) -> None:
        self.trouble = self.trouble or trouble
