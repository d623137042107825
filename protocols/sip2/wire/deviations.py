"""What terminals get wrong and is accepted all the same, with names so that it can be counted.

Nothing here refuses anything: `protocols.sip2.codec` reads what it can, and the names tell the
staff which of their machines should be set up better (`tiro terminals`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from protocols.sip2.fields import FIELDS
from protocols.sip2.messages import LAYOUTS

ENDED_WITH_LF: Final = "message ended with LF"
ENDED_WITH_CRLF: Final = "message ended with CRLF"
CONTROL_BYTES: Final = "control bytes in a message"
SPLIT: Final = "message split over segments"
JOINED: Final = "messages joined in a segment"
NO_LAST_DELIMITER: Final = "no delimiter after the last field"
EMPTY_FIELD: Final = "nothing between two delimiters"
FIELD_TWICE: Final = "field sent twice"
FIELD_MISSING: Final = "field missing: "
FIELD_OF_ANOTHER: Final = "field of another message: "
FIELD_UNKNOWN: Final = "unknown field"
ZONE_OF_ZEROS: Final = "date with zone 0000"
BLANK_DATE: Final = "blank date"
NO_DATE: Final = "date that is none"
DATE_MISSING: Final = "date missing"
NOT_ITS_CHARSET: Final = "bytes that its charset has not"
WRONG_CHECKSUM: Final = "wrong checksum"
CUT_SHORT: Final = "fixed fields cut short"
UNKNOWN_MESSAGE: Final = "unknown message"
TOO_LONG: Final = "message too long"
BEFORE_LOGIN: Final = "message before the login"
SENT_AGAIN: Final = "message sent again"
LOGIN_TOO_SOON: Final = "login tried again too soon"
SLOWED_DOWN: Final = "messages faster than agreed"


#: Messages with more fields than this are unusual, and not remembered.
_USUAL_FIELDS: Final = 40


@lru_cache(maxsize=1024)
def _shape(code: str, fields: tuple[str, ...]) -> tuple[str, ...]:
    """What is wrong with these fields in a message; the same terminal always sends the same."""
    layout = LAYOUTS[code]
    own = {each.code for each in layout.variable}
    missing = [
        each.code for each in layout.variable if each.is_required and each.code not in fields
    ]
    others = [each for each in fields if each and each not in own]
    return (
        *(FIELD_MISSING + each for each in missing),
        *(FIELD_OF_ANOTHER + each for each in others if each in FIELDS),
        *(FIELD_UNKNOWN for each in others if each not in FIELDS),
    )


def observe(
    notes: list[str],
    code: str,
    fields: Mapping[str, str],
    parts: Sequence[str],
    dates: Sequence[str],
) -> None:
    """Adds to `notes` what is wrong with a message: its fields with ids, as they stood between
    delimiters (`parts`), and its fixed dates."""
    shape = _shape if len(fields) <= _USUAL_FIELDS else _shape.__wrapped__
    notes += shape(code, tuple(fields))
    if parts[-1] and not parts[-1].isspace():
        notes.append(NO_LAST_DELIMITER)
    if len(fields) != len(parts):
        empty = parts.count("") - 1
        if empty > 0:
            notes.append(EMPTY_FIELD)
        if len(parts) - len(fields) > max(empty, 0):
            notes.append(FIELD_TWICE)
    for date in dates:
        if date[8:12] != "    " or not date[:8].isdigit() or not date[12:].isdigit():
            _observe_date(notes, date)


def _observe_date(notes: list[str], date: str) -> None:
    if date.isspace():
        notes.append(BLANK_DATE)
    elif not (date[:8] + date[12:]).isdigit():
        notes.append(NO_DATE)
    elif date[8:12] == "0000":
        notes.append(ZONE_OF_ZEROS)
