"""The files of the sample: pictures and documents, drawn instead of stored."""

import struct
import zlib
from collections.abc import Callable

_Colour = tuple[int, int, int]


def error_window() -> bytes:
    """Return a screenshot of a window that reports an error, as PNG."""
    return _png(480, 240, _error_window)


def chart() -> bytes:
    """Return a chart of bars, as PNG."""
    return _png(420, 200, _chart)


def logo() -> bytes:
    """Return the logo of a company, as PNG."""
    return _png(96, 32, _logo)


def pdf(*lines: str) -> bytes:
    """Return a PDF of one page with lines of ASCII text."""
    shown = " ".join(f"({line}) Tj 0 -22 Td" for line in lines)
    stream = f"BT /F1 14 Tf 60 760 Td {shown} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content, starts = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        starts.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = "".join(f"{start:010d} 00000 n \n" for start in starts).encode()
    size = len(objects) + 1
    return (
        content
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(content))
    )


def _error_window(x: int, y: int) -> _Colour:
    if not (40 <= x < 440 and 30 <= y < 210):
        return (58, 110, 165)
    if y < 56:
        return (255, 255, 255) if 416 <= x < 430 and 38 <= y < 50 else (31, 56, 100)
    if (x - 84) ** 2 + (y - 108) ** 2 < 400:
        is_cross = abs(abs(x - 84) - abs(y - 108)) < 3 and abs(x - 84) < 11
        return (255, 255, 255) if is_cross else (200, 40, 40)
    if 120 <= x < (380 if y < 100 else 320) and (92 <= y < 98 or 108 <= y < 114):
        return (120, 120, 120) if x % 37 > 5 else (240, 240, 240)
    return (210, 210, 210) if 190 <= x < 290 and 166 <= y < 192 else (240, 240, 240)


def _chart(x: int, y: int) -> _Colour:
    bar, heights = (x - 30) // 48, (60, 74, 71, 96, 120, 112, 138, 150)
    is_bar = 30 <= x < 414 and (x - 30) % 48 < 30
    if is_bar and 180 - heights[bar] <= y < 180:
        return (69, 83, 200)
    return (226, 228, 234) if y == 180 or y % 40 == 20 else (255, 255, 255)


def _logo(x: int, y: int) -> _Colour:
    if (x - 16) ** 2 + (y - 16) ** 2 < 144:
        return (0, 128, 110) if (x - 20) ** 2 + (y - 13) ** 2 > 50 else (255, 255, 255)
    return (40, 60, 70) if 36 <= x < 88 and 12 <= y < 20 and x % 9 < 7 else (255, 255, 255)


def _png(width: int, height: int, colour: Callable[[int, int], _Colour]) -> bytes:
    """Return a picture of 8-bit RGB (PNG specification, 11.2)."""
    rows = b"".join(
        b"\0" + b"".join(bytes(colour(x, y)) for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
