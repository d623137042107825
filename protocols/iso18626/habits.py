"""What systems write into notes and barcodes because the standard has no place for it; the README
tells of each (Habits).
"""

from __future__ import annotations

import re
from typing import Final

#: Words for the other program, which say nothing to people.
_FOR_PROGRAMS: Final = re.compile(
    r"#(?:seq|lastSeq):[0-9]{1,9}#|#ReShare(?:AddLoanCondition|LoanConditionAgreeResponse"
    r"|SupplierAwaitingConditionConfirmation|SupplierConditionsAssumedAgreed)#"
)
_ADDRESSES: Final = {
    "#SHIP_TO#": "SHIP TO:",
    "#ST_END#": "",
    "#RETURN_TO#": "RETURN TO:",
    "#RT_END#": "",
}
_VOLUMES: Final = "multivol:"
#: Between the parts of one of several volumes.
_PARTS: Final = "##"


def readable(note: str) -> str:
    """A note without what is for programs alone; empty where there is nothing for people in it."""
    if "#" not in note:
        return note
    text = _FOR_PROGRAMS.sub("", note)
    for tag, word in _ADDRESSES.items():
        text = text.replace(tag, word)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(filter(None, lines))


def barcode_of(item_ids: tuple[str, ...]) -> str:
    """The barcode of the item; of several volumes that of the first. Empty where none is told."""
    first = item_ids[0].split(",")[0].strip() if item_ids else ""
    if first.startswith(_VOLUMES):
        first = first.rpartition(_PARTS)[2].strip()
    return first
