"""A failure inside a generated codec is shown with the line of the generated source."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, cast

import pytest

from protocols.ncip import codec as ncip
from protocols.ncip.messages import ItemId
from protocols.ncip.models.circulation import CheckInItem
from protocols.sip2 import codec as sip2
from protocols.sip2.messages import LoginResponse, RenewAllResponse
from protocols.sip2.wire.text import Dialect
from protocols.z3950 import codec as z3950
from protocols.z3950.messages.association import Close

WRONG = cast("Any", object())


def write_sip2() -> None:
    sip2.encode(RenewAllResponse(True, 1, 0, WRONG, "DK-1"), Dialect())


def read_sip2() -> None:
    notes = cast("Any", (1, 2))
    sip2.decode(b"9300CN|CNtwice|COsecret|", Dialect(), notes)


def write_z3950() -> None:
    z3950.contents(Close(WRONG))


def write_ncip() -> None:
    ncip.encode(CheckInItem(item_id=ItemId(None, None, WRONG)))


@pytest.mark.parametrize(
    ("failing", "file", "line"),
    [
        (write_sip2, "<protocols.sip2 encode_66_2>", "own = choose((m.transaction_date"),
        (read_sip2, "<protocols.sip2 decode_93>", "observe(notes, '93', fields, parts, ())"),
        (write_z3950, "<protocols.z3950 encode_Close>", "return b''.join((b'' if (x := "),
        (
            write_ncip,
            "<protocols.ncip 2.02 write_ItemId>",
            "out += f'<ItemIdentifierValue>{text(v)}</ItemIdentifierValue>'",
        ),
    ],
)
def test_a_traceback_shows_the_generated_line(
    failing: Callable[[], None], file: str, line: str
) -> None:
    with pytest.raises((TypeError, AttributeError)) as failure:
        failing()
    shown = {
        frame.filename: frame.line or ""
        for frame in traceback.extract_tb(failure.value.__traceback__)
    }
    assert line in shown[file]


def test_a_message_of_another_standard_is_no_message_of_this_one() -> None:
    with pytest.raises(KeyError):
        z3950.encode(cast("Any", LoginResponse(True)))
