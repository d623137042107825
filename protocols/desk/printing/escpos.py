"""ESC/POS, which receipt printers of most makers speak: text in two sizes, Code 128, a cut.

Epson's reference: ESC @ (initialise), ESC t (code table), GS ! (size), GS h, GS H, GS k (barcode),
GS V (cut).
"""

from __future__ import annotations

from typing import Final

from circulation.staff.print_jobs import Document
from protocols.desk.printing.lines import harmless, lines_of, transliterate

_BEGIN: Final = b"\x1b@"
#: Table 16 is Windows 1252: all Danish and English letters, and the currencies.
_TABLE: Final = b"\x1bt\x10"
_TALL: Final = b"\x1dh\x50"  # the bars, in dots
_DIGITS_BELOW: Final = b"\x1dH\x02"
_CUT: Final = b"\x1dVB\x00"
_LONGEST: Final = 253


def escpos(document: Document, width: int) -> bytes:
    """What the printer gets; other letters are transliterated."""
    told = [_BEGIN, _TABLE]
    for text, size in lines_of(transliterate(document), width):
        told.append(b"\x1d!" + bytes([(size - 1) << 4 | (size - 1)]))
        told.append(text.encode("cp1252", "replace") + b"\n")
    told.append(b"\x1d!\x00")
    if document.barcode:
        # {B is the code set with all letters; a brace in the text is written twice.
        code = b"{B" + harmless(document.barcode).encode("ascii", "replace").replace(b"{", b"{{")
        told += [b"\n", _TALL, _DIGITS_BELOW, b"\x1dkI" + bytes([min(len(code), _LONGEST)])]
        told += [code[:_LONGEST], b"\n"]
    return b"".join([*told, _CUT])
