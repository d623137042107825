"""What the callers of each protocol ask for, without an end; each on patrons and items of its own,
so that every refusal is a violation. Only the contested items may be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from protocols.ncip.codec import encode as ncip_encode
from protocols.ncip.messages import (
    Code,
    FromAgencyId,
    InitiationHeader,
    ItemId,
    RequestId,
    ToAgencyId,
    UserId,
)
from protocols.ncip.models.circulation import CheckInItem, CheckOutItem
from protocols.ncip.models.requests import CancelRequestItem, RequestItem
from protocols.z3950.codec import decode, encode
from protocols.z3950.messages.association import InitializeResponse
from protocols.z3950.messages.building_blocks import DefaultDiagFormat
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.messages.searching import SearchRequest, SearchResponse
from protocols.z3950.queries.pqf import query
from tests.builders.catalogue import a_record
from tests.crash.callers import Act, Line, NcipLine, Sip2Line, Z3950Line
from tests.crash.stage import CONTESTED, ITEMS, Stage, barcode, card
from tests.protocols.z3950.extended import INSERT, REPLACE, supplied, update
from tests.protocols.z3950.library import INIT

# SIP2

_NOT_FOR_NOW = ("kan ikke nås i øjeblikket".encode(), b"cannot be reached for the moment")
_BRANCH = "AODK-900100|"
#: The servers go by the real clock, and refuse acts dated long ago.
_YESTERDAY = datetime.combine(datetime.now(UTC), time(), UTC) - timedelta(days=1)


def _sip2(name: str, text: str, good: bytes, trace: tuple[str, str] | None) -> Act:
    return Act(
        name,
        text.encode() + b"\r",
        lambda answer: answer.startswith(good),
        trace,
        is_passing=lambda answer: any(text in answer for text in _NOT_FOR_NOW),
    )


def _stamp(number: int) -> str:
    """A time for each request: a terminal sends two requests within one second at most."""
    return (_YESTERDAY + timedelta(seconds=number)).strftime("%Y%m%d    %H%M%S")


def sip2(number: int) -> Iterator[Act]:
    """Lends, renews, is paid, waits and takes back."""
    who, other, payer = card("S", number), card("QS", number), card("D", number)
    for turn in count():
        item, at = barcode("S", number, turn % ITEMS), _stamp(turn)
        patron = f"{_BRANCH}AA{who}|AB{item}|AC|"
        yield _sip2("SIP2 check-out", f"11YN{at}{at}{patron}", b"121", ("checked_out", item))
        yield _sip2("SIP2 renewal", f"29NN{at}{at}{patron}", b"301", ("renewed", item))
        hold = f"{_BRANCH}AA{other}|AB{item}|AC|"
        yield _sip2("SIP2 hold", f"15+{at}{hold}", b"161", ("hold_placed", other))
        yield _sip2("SIP2 cancelled hold", f"15-{at}{hold}", b"161", ("hold_closed", other))
        order = f"S{number}-{turn}"
        paid = f"37{at}0100DKKBV1.00|{_BRANCH}AA{payer}|BK{order}|"
        yield _sip2("SIP2 payment", paid, b"38Y", ("payment", f"kiosk:{order}"))
        back = f"09N{at}{at}APDK-900101|{_BRANCH}AB{item}|AC|"
        yield _sip2("SIP2 check-in", back, b"101", ("checked_in", item))


def contest(number: int) -> Iterator[Act]:
    """Two patrons who want the same items, and get them or not."""
    for turn in count():
        item, at = CONTESTED[turn % len(CONTESTED)], _stamp(turn)
        who = f"C{number + 1}"
        text = f"11YN{at}{at}{_BRANCH}AA{who}|AB{item}|AC|"
        yield _sip2("SIP2 contested check-out", text, b"12", None)
        back = f"09N{at}{at}APDK-900101|{_BRANCH}AB{item}|AC|"
        yield _sip2("SIP2 contested check-in", back, b"10", None)


# NCIP


def _ncip(
    request: Any,
    trace: tuple[str, str],
    is_granted_again: Callable[[bytes], bool] | None = None,
) -> Act:
    service = type(request).__name__
    header = InitiationHeader(
        from_agency_id=FromAgencyId(Code("BROKER")), to_agency_id=ToAgencyId(Code("DK-900100"))
    )
    return Act(
        f"NCIP {service}",
        ncip_encode(replace(request, initiation_header=header)) + b"\n",
        lambda answer: f"{service}Response".encode() in answer and b"Problem" not in answer,
        trace,
        is_granted_again,
        lambda answer: b"Temporary Processing Failure" in answer or b"outcome_unknown" in answer,
    )


def ncip(number: int) -> Iterator[Act]:
    """A broker that borrows, asks for, does not want after all, and returns."""
    who, other = card("N", number), card("QN", number)
    for turn in count():
        barcode_ = barcode("N", number, turn % ITEMS)
        item = ItemId(item_identifier_value=barcode_)
        asked = RequestId(request_identifier_value=f"N{number}-{turn}")
        waits = RequestId(request_identifier_value=f"N{number}-{turn}-H")
        user, waiting = (UserId(user_identifier_value=name) for name in (who, other))
        lent = CheckOutItem(user_id=user, item_id=item, request_id=asked)
        yield _ncip(lent, ("checked_out", barcode_))
        hold = RequestItem(
            user_id=waiting,
            item_id=(item,),
            request_id=waits,
            request_type=Code("Hold"),
            request_scope_type=Code("Item"),
        )
        yield _ncip(hold, ("hold_placed", other))
        cancelled = CancelRequestItem(user_id=waiting, request_id=waits, request_type=Code("Hold"))
        yield _ncip(cancelled, ("hold_closed", other), lambda answer: b"Unknown Request" in answer)
        # A check-in has no RequestId: done again, it says that the item is in.
        yield _ncip(
            CheckInItem(item_id=item),
            ("checked_in", barcode_),
            lambda answer: b"Item Not Checked Out" in answer,
        )


# Z39.50


def _apdu(answer: bytes, kind: type[Any]) -> Any:
    found = decode(answer)
    return found if isinstance(found, kind) else None


def _is_temporary(answer: bytes) -> bool:
    """Diagnostic 2, temporary system error."""
    found = decode(answer)
    diagnostics: list[Any] = []
    if isinstance(found, ExtendedServicesResponse):
        diagnostics = list(found.diagnostics or ())
    elif isinstance(found, SearchResponse) and isinstance(found.records, DefaultDiagFormat):
        diagnostics = [found.records]
    return any(getattr(each, "condition", None) == 2 for each in diagnostics)


def _update(name: str, request: ExtendedServicesRequest, trace: tuple[str, str]) -> Act:
    def is_done(answer: bytes) -> bool:
        found = _apdu(answer, ExtendedServicesResponse)
        return found is not None and found.operation_status == 1

    return Act(name, encode(request), is_done, trace, is_passing=_is_temporary)


def search(text: str, hits: int) -> Act:
    request = SearchRequest(0, 1, 0, True, "default", ["catalogue"], query(text))

    def finds(answer: bytes) -> bool:
        found = _apdu(answer, SearchResponse)
        return found is not None and found.search_status and found.result_count >= hits

    return Act("Z39.50 search", encode(request), finds, is_passing=_is_temporary)


def z3950(number: int) -> Iterator[Act]:
    """A cataloguer: looks, adds a record, finds it, corrects it, finds what is corrected."""
    for turn in count():
        name = f"crash{number}x{turn}"
        yield search('@attr 1=4 "book"', 1)
        record = a_record(f"Loud noise {name}", control_number=name)
        yield _update("Z39.50 insertion", update(INSERT, supplied(record)), ("record", name))
        yield search(f'@attr 1=4 "{name}"', 1)
        record = a_record(f"Loud noise mended{name}", control_number=name)
        replaced = update(REPLACE, supplied(record, name))
        yield _update("Z39.50 replacement", replaced, ("replaced", name))
        yield search(f'@attr 1=4 "mended{name}"', 1)


def _is_welcome(answer: bytes) -> bool:
    found = _apdu(answer, InitializeResponse)
    return found is not None and found.result


def lines(stage: Stage, callers: int) -> Iterator[tuple[Line, Iterator[Act]]]:
    """So many callers of each protocol, and the two who want the same."""
    init = encode(replace(INIT, id_authentication="cataloguer/password"))
    for number in range(callers):
        yield Sip2Line(stage.sip2), sip2(number)
        yield NcipLine(stage.ncip), ncip(number)
        yield Z3950Line(stage.z3950, init, _is_welcome), z3950(number)
    for number in range(2):
        yield Sip2Line(stage.sip2), contest(number)
