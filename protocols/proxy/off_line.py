"""What a terminal is told while the system that it needs is down, out of what was seen before.

Only what is known to be refused is refused: a blocked or unknown card, a wrong PIN, a renewal of
what has been handed in, an item that waits for somebody else. (Where the system has not said for
whom it waits, CY, it may be this patron.) Everything else that can be told later is granted: loans
until the usual day, renewals, returns, holds, cards that are blocked and freed again. Money is not
taken.
"""

from __future__ import annotations

from typing import Any, Final

from protocols.proxy.dates import wire_date
from protocols.proxy.journal.records import bytes_of, text_of
from protocols.proxy.kinds import LOGIN, text_field
from protocols.proxy.merging import Page
from protocols.proxy.seen import Item, Patron
from protocols.proxy.settings import System
from protocols.proxy.state import State
from protocols.sip2.codec import MalformedMessage, decode, encode
from protocols.sip2.failures import failure_response
from protocols.sip2.messages import (
    ACSStatus,
    BlockPatron,
    Checkin,
    CheckinResponse,
    Checkout,
    CheckoutResponse,
    EndPatronSession,
    EndSessionResponse,
    Hold,
    HoldResponse,
    ItemInformation,
    ItemInformationResponse,
    PatronEnable,
    PatronEnableResponse,
    PatronInformation,
    PatronInformationResponse,
    PatronStatusRequest,
    PatronStatusResponse,
    Renew,
    RenewAll,
    RenewAllResponse,
    RenewResponse,
    SCStatus,
)
from protocols.sip2.wire.dates import NO_CLOCK
from protocols.sip2.wire.text import Dialect

#: The place of the summary (63) that asks for what is on loan.
_CHARGED: Final = 2
_NOBODY: Final = Item()
_FREE: Final = " " * 14
_DENIED: Final = "YYYY          "
#: Alert type: the item waits for somebody at this place (10, CV).
_WAITS: Final = "01"


class OffLine:
    """Answers from a state, in the place of a system. `date` is now, in 18 characters; `text` is
    what the screen says, `dialect` that of the terminal.
    """

    def __init__(
        self, state: State, system: System, date: str, text: str, dialect: Dialect
    ) -> None:
        self._dialect = dialect
        self._state = state
        self._system = system
        self._date = date
        self._text = text

    def answer(self, terminal: str, body: bytes, hidden: bytes) -> bytes:
        """The answer without its trailer, empty where there is none. `hidden` is the message as
        it stands in the journal.
        """
        if body[:2].decode("latin-1") == LOGIN:
            return self._login(terminal, hidden)
        try:
            request: Any = decode(body, self._dialect)
        except MalformedMessage:
            return b""
        said = self._answer(request, hidden)
        return b"" if said is None else encode(said, self._dialect)

    def _login(self, terminal: str, hidden: bytes) -> bytes:
        """As it was before: the digests of two equal passwords are equal."""
        known = self._state.logins.get(terminal)
        return b"941" if known == text_of(hidden) else b"940"

    def _answer(self, request: Any, hidden: bytes) -> Any:
        match request:
            case Checkout():
                return self._check_out(request, hidden)
            case Checkin():
                return self._check_in(request)
            case Renew():
                return self._renew(request, hidden)
            case RenewAll():
                return self._renew_all(request, hidden)
            case PatronStatusRequest() | PatronInformation():
                return self._patron(request, hidden)
            case ItemInformation():
                return self._item(request)
            case Hold():
                return self._hold(request, hidden)
            case BlockPatron():
                return self._block(request, hidden)
            case PatronEnable():
                return self._enable(request, hidden)
            case EndPatronSession():
                return EndSessionResponse(
                    True, self._date, request.institution_id, request.patron_identifier
                )
            case SCStatus():
                return self._status()
        return self._refused(request)

    def _refused(self, request: Any) -> Any:
        try:
            return failure_response(request, self._date, self._text)
        except KeyError:  # an answer, say, which asks for nothing
            return None

    def _status(self) -> ACSStatus:
        """On line, for the proxy is; loans and returns are taken."""
        return ACSStatus(
            *(True, True, True, True, False, True),
            timeout_period=300,
            retries_allowed=3,
            date_time_sync=NO_CLOCK,
            protocol_version="2.00",
            institution_id="",
            supported_messages="YYYYYYYYYNYNYYYY",
        )

    def _known(self, hidden: bytes) -> Patron:
        return self._state.patrons.get(text_field(hidden, "AA"), Patron())

    def _is_wrong_pin(self, patron: Patron, hidden: bytes) -> bool:
        given = text_field(hidden, "AD")
        return bool(given and patron.pin and given != patron.pin)

    def _check_out(self, request: Checkout, hidden: bytes) -> CheckoutResponse:
        barcode = request.item_identifier.strip()
        item = self._state.items.get(barcode, _NOBODY)
        patron, card = self._known(hidden), text_field(hidden, "AA")
        is_refused = (
            bool(request.cancel)
            or not patron.is_valid
            or patron.is_blocked
            or self._is_wrong_pin(patron, hidden)
            or item.is_reference
            or item.waits_for_others(card)
        )
        if is_refused or not barcode or not card:
            said: Any = failure_response(request, self._date, self._text)
            refused: CheckoutResponse = said
            return refused
        return CheckoutResponse(
            ok=True,
            renewal_ok=item.patron == card,
            magnetic_media="N",
            desensitize="Y",
            transaction_date=self._date,
            institution_id=request.institution_id,
            patron_identifier=request.patron_identifier,
            item_identifier=request.item_identifier,
            title_identifier="",
            due_date=self._state.promised(self._system, barcode, card, self._date),
        )

    def _may_renew(self, barcode: str, patron: Patron, hidden: bytes) -> bool:
        item, card = self._state.items.get(barcode, _NOBODY), text_field(hidden, "AA")
        return (
            bool(barcode)
            and item.patron in ("", card)
            and not item.is_in
            and patron.is_valid
            and not patron.is_blocked
            and not self._is_wrong_pin(patron, hidden)
            and not item.waits_for_others(card)
            and self._is_longer(barcode, card)
        )

    def _is_longer(self, barcode: str, card: str) -> bool:
        """Would the patron have it for a day more, as far as is known?"""
        due = self._state.items.get(barcode, _NOBODY).due
        until = self._state.promised(self._system, barcode, card, self._date)
        return not due or until[:8] > wire_date(due)[:8]

    def _renew_all(self, request: RenewAll, hidden: bytes) -> RenewAllResponse:
        """All that the patron was seen to have."""
        patron = self._known(hidden)
        is_told = patron.is_valid and not self._is_wrong_pin(patron, hidden)
        loans = list(self._state.loans.get(text_field(hidden, "AA"), ())) if is_told else []
        renewed = [each for each in loans if self._may_renew(each, patron, hidden)]
        left = [each for each in loans if each not in renewed]
        return RenewAllResponse(
            ok=bool(renewed),
            renewed_count=len(renewed),
            unrenewed_count=len(left),
            transaction_date=self._date,
            institution_id=request.institution_id,
            renewed_items=tuple(renewed),
            unrenewed_items=tuple(left),
            screen_message=() if renewed else (self._text,),
        )

    def _renew(self, request: Renew, hidden: bytes) -> RenewResponse:
        barcode = (request.item_identifier or "").strip()
        patron, card = self._known(hidden), text_field(hidden, "AA")
        if not self._may_renew(barcode, patron, hidden):
            said: Any = failure_response(request, self._date, self._text)
            refused: RenewResponse = said
            return refused
        return RenewResponse(
            ok=True,
            renewal_ok=True,
            magnetic_media="N",
            desensitize="N",
            transaction_date=self._date,
            institution_id=request.institution_id,
            patron_identifier=request.patron_identifier,
            item_identifier=request.item_identifier or "",
            title_identifier="",
            due_date=self._state.promised(self._system, barcode, card, self._date),
        )

    def _check_in(self, request: Checkin) -> CheckinResponse:
        item = self._state.items.get(request.item_identifier.strip(), _NOBODY)
        waits = bool(item.waits_for)
        return CheckinResponse(
            ok=True,
            resensitize=True,
            magnetic_media="N",
            alert=waits,
            transaction_date=self._date,
            institution_id=request.institution_id,
            item_identifier=request.item_identifier,
            permanent_location="",
            alert_type=_WAITS if waits else None,
        )

    def _patron(self, request: Any, hidden: bytes) -> Any:
        patron, card = self._known(hidden), text_field(hidden, "AA")
        is_denied = not patron.is_valid or patron.is_blocked
        given = text_field(hidden, "AD")
        facts: dict[str, Any] = {
            "patron_status": _DENIED if is_denied else _FREE,
            "language": request.language,
            "transaction_date": self._date,
            "institution_id": request.institution_id,
            "patron_identifier": request.patron_identifier,
            "personal_name": "",
            "valid_patron": patron.is_valid,
            "valid_patron_password": not self._is_wrong_pin(patron, hidden) if given else None,
            "screen_message": (self._text,) if is_denied else (),
        }
        if isinstance(request, PatronStatusRequest):
            return PatronStatusResponse(**facts)
        items = [bytes_of(each) for each in self._state.loans.get(card, ())] if card else []
        asked = request.summary.upper().find("Y")
        shown = Page.asked(hidden).cut(items) if asked == _CHARGED else []
        return PatronInformationResponse(
            **facts,
            hold_items_count=None,
            overdue_items_count=None,
            charged_items_count=len(items),
            fine_items_count=None,
            recall_items_count=None,
            unavailable_holds_count=None,
            charged_items=tuple(map(text_of, shown)),
        )

    def _hold(self, request: Hold, hidden: bytes) -> HoldResponse:
        """Its place in the queue is known when the system has been told."""
        patron = self._known(hidden)
        if not patron.is_valid or patron.is_blocked or self._is_wrong_pin(patron, hidden):
            said: Any = failure_response(request, self._date, self._text)
            refused: HoldResponse = said
            return refused
        return HoldResponse(
            ok=True,
            available=False,
            transaction_date=self._date,
            institution_id=request.institution_id,
            patron_identifier=request.patron_identifier,
            pickup_location=request.pickup_location,
            item_identifier=request.item_identifier,
            title_identifier=request.title_identifier,
        )

    def _block(self, request: BlockPatron, hidden: bytes) -> PatronStatusResponse:
        return PatronStatusResponse(
            patron_status=_DENIED,
            language="000",
            transaction_date=self._date,
            institution_id=request.institution_id,
            patron_identifier=request.patron_identifier,
            personal_name="",
            valid_patron=self._known(hidden).is_valid,
        )

    def _enable(self, request: PatronEnable, hidden: bytes) -> PatronEnableResponse:
        patron = self._known(hidden)
        is_wrong = self._is_wrong_pin(patron, hidden)
        if not patron.is_valid or is_wrong:
            said: Any = failure_response(request, self._date, self._text)
            refused: PatronEnableResponse = said
            return refused
        return PatronEnableResponse(
            patron_status=_FREE,
            language="000",
            transaction_date=self._date,
            institution_id=request.institution_id,
            patron_identifier=request.patron_identifier,
            personal_name="",
            valid_patron=True,
        )

    def _item(self, request: ItemInformation) -> ItemInformationResponse:
        item = self._state.items.get(request.item_identifier.strip(), _NOBODY)
        status = "04" if item.patron else "08" if item.waits_for else "03"
        return ItemInformationResponse(
            circulation_status=status,
            security_marker="00",
            fee_type="01",
            transaction_date=self._date,
            item_identifier=request.item_identifier,
            title_identifier="",
            due_date=item.due or None,
        )
