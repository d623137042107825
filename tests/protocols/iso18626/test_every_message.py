"""Whatever is told, of a loan in whatever state, to a partner with whatever preset: the message is
valid in the version of the partner, and can be read."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from circulation.interlending.kinds import WhyNot
from circulation.interlending.notices import PartnerNotice, PartnerNoticeKind
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState, LendingState, Role
from circulation.kernel.results import Branch
from protocols.iso18626.agreements import AGREEMENTS
from protocols.iso18626.codec import decode, encode
from protocols.iso18626.codes import Version
from protocols.iso18626.outgoing import Telling, is_told, message_of
from protocols.iso18626.presets import PRESETS
from protocols.iso18626.settings import Partner
from tests.builders.circulation import NOON
from tests.protocols.iso18626.schemas import Schemas

BRANCH = Branch(1, "DK-900101", "Main", 1, "DK-900100", "Libraries", "Europe/Copenhagen")
#: Texts as people and other systems write them.
ODD = "Æ & <b> \x00\x1f\x7f\u2028\u202e\ud7ff\U0001f4d6 ]]>"
#: What is said of a loan, in any case that `outgoing` looks at.
SAID: tuple[dict[str, Any], ...] = (
    {},
    {"expected": (NOON + timedelta(20)).isoformat(), "why": WhyNot.NOT_BY_THEN.value},
    {"url": "https://example.org/a?b=1&c=2", "answer": ODD, "supplier": ["", ""], "id": ODD},
    {"requester": [ODD, ODD], "supplier": ["x" * 255, "ISIL"], "peer": ODD},
    {"why": WhyNot.ON_LOAN.value},
)
FACTS: tuple[dict[str, Any], ...] = (
    {},
    {"answer": "yes", "due": NOON.isoformat(), "note": ODD, "undone": "yes"},
    {"answer": "no", "unasked": "yes", "outcome": "unobtainable", "number": ODD, "before": ""},
)


def a_partner(preset: str, version: str) -> Partner:
    options = PRESETS[preset] | {"version": version, "address_secret": "open sesame"}
    partner: Partner = AGREEMENTS._adapter.validate_python(
        {"agency": "DK-746100", "branch": BRANCH.isil, "takes_requests": True} | options
    )
    return partner


def a_loan(role: Role, state: str, due: datetime | None, said: dict[str, Any]) -> InterlibraryLoan:
    item = (None, "" if due is None else ODD, None, ODD, "")
    rest = (1, None, "user", None, None, due, None, True, False, False, NOON, NOON, None)
    names = ("dk-746100", "Odense", "REQ-1", role.value, state)
    return InterlibraryLoan(7, *names, *item, *rest, json.dumps(said))


@pytest.mark.drawn(24)
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("kind", PartnerNoticeKind)
def test_every_message_is_valid(
    kind: PartnerNoticeKind, version: Version, preset: str, schemas: Schemas
) -> None:
    partner = a_partner(preset, version.value)
    states: dict[Role, type[LendingState] | type[BorrowingState]] = {
        Role.LENDER: LendingState,
        Role.BORROWER: BorrowingState,
    }
    for role, named in states.items():
        is_borrowed = role is Role.BORROWER
        is_request = kind is PartnerNoticeKind.ASKED
        if not is_told(kind, partner, is_borrowed=is_borrowed) or is_request > is_borrowed:
            continue
        dues = (None, NOON - timedelta(1))
        for state, due, said, facts in itertools.product(named, dues, SAID, FACTS):
            loan = a_loan(role, state.value, due, said)
            notice = PartnerNotice(
                *(1, 7, "dk-746100", kind, json.dumps(facts), NOON, 0),
                *("REQ-1", role.value, loan.barcode, loan.title, loan.author),
            )
            document = encode(
                message_of(Telling(notice, loan, partner, BRANCH, NOON)), partner.spoken
            )
            schemas.check(document, version)
            if said.get("id") != ODD:  # as a partner has written it
                decode(document)
