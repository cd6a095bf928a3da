"""PNG files, written with the standard library: 8 bits of red, green, blue and alpha."""

import struct
import zlib
from collections.abc import Sequence

Pixel = tuple[int, int, int, int]
"""Red, green, blue, alpha, each 0 to 255."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BITS = 8
RED_GREEN_BLUE_ALPHA = 6
UNFILTERED = b"\x00"


def png(rows: Sequence[Sequence[Pixel]]) -> bytes:
    """Give the file of a picture, row by row from the top; all rows are equally long."""
    size = struct.pack(">IIBBBBB", len(rows[0]), len(rows), EIGHT_BITS, RED_GREEN_BLUE_ALPHA, 0, 0, 0)
    lines = b"".join(UNFILTERED + bytes(value for pixel in row for value in pixel) for row in rows)
    return SIGNATURE + _chunk(b"IHDR", size) + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
