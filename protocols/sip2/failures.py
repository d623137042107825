"""The negative answer to each request: of the right pair, whole, and with a word for the patron.

For requests that cannot be dealt with at all: before the login, not open to this account, or
stopped by a fault of our own. What circulation refuses is answered by `protocols.sip2.handlers`.
"""

from __future__ import annotations

from protocols.sip2.messages import (
    ACSStatus,
    BlockPatron,
    Checkin,
    CheckinResponse,
    Checkout,
    CheckoutResponse,
    EndPatronSession,
    EndSessionResponse,
    FeePaid,
    FeePaidResponse,
    Hold,
    HoldResponse,
    ItemInformation,
    ItemInformationResponse,
    ItemStatusUpdate,
    ItemStatusUpdateResponse,
    Login,
    LoginResponse,
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
    Request,
    Response,
    SCStatus,
)
from protocols.sip2.wire.dates import NO_CLOCK
from protocols.sip2.wire.text import given_back

#: Patron status (24, 64): charge, renewal, recall and hold privileges denied.
ALL_DENIED = "YYYY          "
#: No language is known (24, 26).
NO_LANGUAGE = "000"
#: Circulation status, security marker and fee type "other" (18).
OTHER = "01"
#: Timeout period and retries allowed (98).
UNKNOWN = 999
#: Alert type "other" (10), and no supported messages (98).
ALERT_OTHER = "99"
NOTHING_SUPPORTED = "N" * 16
#: Timeout period (98) of a system that is off line.
OFF_LINE = 0


def failure_response(request: Request, date: str, text: str) -> Response:
    """Says no to `request`; `date` is the transaction date and `text` the screen message (AF)."""
    match request:
        case Login():
            return LoginResponse(ok=False)
        case SCStatus():
            return ACSStatus(
                on_line_status=False,
                checkin_ok=False,
                checkout_ok=False,
                acs_renewal_policy=False,
                status_update_ok=False,
                off_line_ok=False,
                timeout_period=UNKNOWN,
                retries_allowed=UNKNOWN,
                date_time_sync=NO_CLOCK,
                protocol_version="2.00",
                institution_id="",
                supported_messages=NOTHING_SUPPORTED,
                screen_message=(text,),
            )
        case PatronStatusRequest():
            return PatronStatusResponse(
                patron_status=ALL_DENIED,
                language=request.language,
                transaction_date=date,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                personal_name="",
                valid_patron=False,
                valid_patron_password=_verdict(request),
                screen_message=(text,),
            )
        case BlockPatron():
            return PatronStatusResponse(
                patron_status=ALL_DENIED,
                language=NO_LANGUAGE,
                transaction_date=date,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                personal_name="",
                valid_patron=False,
                screen_message=(text,),
            )
        case PatronEnable():
            return PatronEnableResponse(
                patron_status=ALL_DENIED,
                language=NO_LANGUAGE,
                transaction_date=date,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                personal_name="",
                valid_patron=False,
                valid_patron_password=_verdict(request),
                screen_message=(text,),
            )
        case PatronInformation():
            return PatronInformationResponse(
                patron_status=ALL_DENIED,
                language=request.language,
                transaction_date=date,
                hold_items_count=None,
                overdue_items_count=None,
                charged_items_count=None,
                fine_items_count=None,
                recall_items_count=None,
                unavailable_holds_count=None,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                personal_name="",
                valid_patron=False,
                valid_patron_password=_verdict(request),
                screen_message=(text,),
            )
        case ItemInformation():
            return ItemInformationResponse(
                circulation_status=OTHER,
                security_marker="00",
                fee_type=OTHER,
                transaction_date=date,
                item_identifier=request.item_identifier,
                title_identifier="",
                screen_message=(text,),
            )
        case ItemStatusUpdate():
            return ItemStatusUpdateResponse(
                item_properties_ok=False,
                transaction_date=date,
                item_identifier=request.item_identifier,
                screen_message=(text,),
            )
        case Checkout():
            return CheckoutResponse(
                ok=False,
                renewal_ok=False,
                magnetic_media="N",
                desensitize="N",
                transaction_date=date,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                item_identifier=request.item_identifier,
                title_identifier="",
                due_date="",
                screen_message=(text,),
            )
        case Renew():
            return RenewResponse(
                ok=False,
                renewal_ok=False,
                magnetic_media="N",
                desensitize="N",
                transaction_date=date,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                item_identifier=request.item_identifier or "",
                title_identifier="",
                due_date="",
                screen_message=(text,),
            )
        case RenewAll():
            return RenewAllResponse(
                ok=False,
                renewed_count=0,
                unrenewed_count=0,
                transaction_date=date,
                institution_id=request.institution_id,
                screen_message=(text,),
            )
        case Checkin():
            return CheckinResponse(
                ok=False,
                resensitize=False,
                magnetic_media="N",
                alert=True,
                transaction_date=date,
                institution_id=request.institution_id,
                item_identifier=request.item_identifier,
                permanent_location="",
                alert_type=ALERT_OTHER,
                screen_message=(text,),
            )
        case Hold():
            return HoldResponse(
                ok=False,
                available=False,
                transaction_date=date,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                item_identifier=request.item_identifier,
                title_identifier=request.title_identifier,
                screen_message=(text,),
            )
        case FeePaid():
            return FeePaidResponse(
                payment_accepted=False,
                transaction_date=date,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                transaction_id=request.transaction_id or None,
                screen_message=(text,),
            )
        case EndPatronSession():
            return EndSessionResponse(
                end_session=False,
                transaction_date=date,
                institution_id=request.institution_id,
                patron_identifier=given_back(request.patron_identifier),
                screen_message=(text,),
            )


def _verdict(request: PatronStatusRequest | PatronInformation | PatronEnable) -> bool | None:
    """CQ: a PIN that nobody looked at is not right; of one that was not sent nothing is said."""
    return False if (request.patron_password or "").strip() else None


def off_line_status(request: SCStatus, text: str, *, off_line_ok: bool) -> ACSStatus:
    """98 while nothing can be changed: off line, and whether what is done meanwhile is taken later.

    A terminal that works off line begins to when it is told so, and asks with 99 for the end of it.
    """
    response = failure_response(request, "", text)
    assert isinstance(response, ACSStatus)
    response.off_line_ok, response.timeout_period = off_line_ok, OFF_LINE
    return response
