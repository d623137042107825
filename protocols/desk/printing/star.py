"""Star's line mode, for printers that fetch their jobs: text in sizes, Code 128, a cut.

Star's reference: ESC @ (initialise), ESC GS t (code page), ESC i (size), ESC b (barcode), ESC d
(cut).
"""

from __future__ import annotations

from typing import Final

from circulation.staff.print_jobs import Document
from protocols.desk.printing.lines import harmless, lines_of, transliterate

_BEGIN: Final = b"\x1b@"
_PAGE: Final = b"\x1b\x1dt\x20"  # Windows 1252
_CUT: Final = b"\x1bd\x03"
#: Code 128 with its digits below, narrow, 80 dots high.
_BARCODE: Final = b"\x1bb621\x50"
_BARCODE_ENDS: Final = b"\x1e"


def star(document: Document, width: int) -> bytes:
    """What the printer gets; other letters are transliterated."""
    told = [_BEGIN, _PAGE]
    for text, size in lines_of(transliterate(document), width):
        told.append(b"\x1bi" + bytes([size - 1, size - 1]))
        told.append(text.encode("cp1252", "replace") + b"\n")
    told.append(b"\x1bi\x00\x00")
    if document.barcode:
        told += [
            b"\n",
            _BARCODE,
            harmless(document.barcode).encode("ascii", "replace"),
            _BARCODE_ENDS,
        ]
    return b"".join([*told, _CUT])
