"""How answers differ, by class; the messages are as two systems write them."""

from __future__ import annotations

import pytest

from protocols.proxy.differences.comparing import Class, differences, worst
from protocols.sip2.wording import Text, say

AT, LATER = "20261130    101500", "20261130    101503"
OUT = f"11YN{AT}{' ' * 18}AOX|AAP1|ABI1|AC|"
IN = f"09N{AT}{AT}APX|AOX|ABI1|AC|"
INFO = f"63001{AT}  Y       AOX|AAP1|"


def out(ok: str = "1", due: str = "20261224    235900", rest: str = "", at: str = AT) -> str:
    flags = "NUY" if ok == "1" else "NUN"
    return f"12{ok}{flags}{at}AOX|AAP1|ABI1|AJPeters jul|AH{due}|{rest}"


def info(counts: str = "000000000001000000000000", rest: str = "AUI1|", status: str = "") -> str:
    return f"64{status:14}001{AT}{counts}AOX|AAP1|AEIda Ørsted|BLY|{rest}"


def refused(text: Text, **facts: object) -> str:
    return out("0", "", f"AF{say(text, 'da', **facts)}|")


@pytest.mark.parametrize(
    ("request_", "old", "new"),
    [
        (OUT, out(), out()),
        (OUT, out(), out(at=LATER)),
        (OUT, out(), out(due="2026-12-24")),
        (OUT, out(due="24.12.2026"), out(due="20261224    000000")),
        (INFO, info(rest="AUI1|AUI2|"), info(rest="AUI2|AU i1%2026%Titel|")),
        (INFO, info(rest="BV0|AUI1|"), info()),
        (INFO, info(rest="AUI1|BV7.5|"), info(rest="AUI1|BV7,50|")),
    ],
)
def test_what_is_the_same(request_: str, old: str, new: str) -> None:
    assert differences(request_, old, new) == ()


@pytest.mark.parametrize(
    ("request_", "old", "new", "kind", "field"),
    [
        (OUT, out(rest="AFLoan made|"), out(rest="AFLånt|"), Class.WORDING, "screen_message"),
        (OUT, out(), out(rest="CK001|"), Class.WORDING, "media_type"),
        (OUT, out(), out(due="20261225    235900"), Class.DATE, "due_date"),
        (OUT, out(), refused(Text.TOO_MANY_LOANS, limit=20), Class.POLICY, "ok"),
        (OUT, out("0", "", "AFNej|"), out(), Class.POLICY, "ok"),
        (OUT, out(), refused(Text.ITEM_UNKNOWN), Class.MISSING, "ok"),
        (OUT, out(), refused(Text.ON_LOAN_TO_ANOTHER), Class.STATE, "ok"),
        (INFO, info(), info(rest="AUI2|"), Class.STATE, "charged_items"),
        (INFO, info(), info("000000000002000000000000"), Class.STATE, "charged_items_count"),
        (INFO, info(), info(rest="AUI1|BV5.00|"), Class.STATE, "fee_amount"),
        (INFO, info(), info(status="Y"), Class.POLICY, "patron_status 0"),
        (INFO, info(), info().replace("BLY", "BLN"), Class.MISSING, "valid_patron"),
        (
            IN,
            f"101YNN{AT}AOX|ABI1|AQX|AAP1|",
            f"101YNN{AT}AOX|ABI1|AQX|",
            Class.STATE,
            "patron_identifier",
        ),
        (OUT, out(), "96", Class.UNREADABLE, ""),
        (OUT, out(), "12", Class.UNREADABLE, ""),
    ],
)
def test_what_differs(request_: str, old: str, new: str, kind: Class, field: str) -> None:
    found = differences(request_, old, new)
    assert [(each.kind, each.field) for each in found] == [(kind, field)]
    assert worst(found) is kind


def test_a_refusal_says_all_and_names_nobody() -> None:
    [found] = differences(OUT, out(), refused(Text.TOO_MANY_LOANS, limit=20))
    assert found.old == "granted"
    assert "#" in found.new
    assert "20" not in found.new


def test_the_worst_counts() -> None:
    found = differences(INFO, info(), info(rest="AUI2|AFHej|", status="Y"))
    assert {each.kind for each in found} == {Class.STATE, Class.WORDING, Class.POLICY}
    assert worst(found) is Class.STATE
    assert worst(()) is Class.EQUAL
