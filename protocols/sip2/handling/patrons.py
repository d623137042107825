"""Answers about patrons: Patron Status (23), Block Patron (01), Patron Enable (25), Patron
Information (63), End Patron Session (35)."""

from __future__ import annotations

from typing import Final

from circulation.accounts.status import patron_known, patron_standing, patron_status_and_facts
from circulation.kernel.act import Act
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import Patron, PatronStatus, Refused
from circulation.kernel.rights import Kind
from circulation.patrons.addresses import address_on, addresses_of
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.identifiers import IDENTIFIERS, cards_after, find_patron
from circulation.staff.lookups import Lookup, Seen
from circulation.staff.patron_pins import learn_pin
from protocols.hosting.answering import Context
from protocols.sip2.failures import ALL_DENIED
from protocols.sip2.fields import Fields
from protocols.sip2.handling.authority import is_pin, pin_to_check
from protocols.sip2.handling.facts import name_of, patron_fields, patron_shown
from protocols.sip2.handling.fees import fee_limit_of, owed_elsewhere, owed_of
from protocols.sip2.handling.forms import KNOWN, NO_LIMIT, SENT, fbs_address, is_fbs
from protocols.sip2.handling.lists import add_lists, leave_no_list_out
from protocols.sip2.handling.refusals import patron_messages, patron_status_flags, refusal_messages
from protocols.sip2.messages import (
    BlockPatron,
    EndPatronSession,
    EndSessionResponse,
    PatronEnable,
    PatronEnableResponse,
    PatronInformation,
    PatronInformationResponse,
    PatronStatusRequest,
    PatronStatusResponse,
)
from protocols.sip2.settings import Account
from protocols.sip2.terminals.options import is_beside_another
from protocols.sip2.terminals.places import Caller, Place
from protocols.sip2.wire.dates import local_date
from protocols.sip2.wording import Text, code_of, say

#: So many cards (QP) are listed in an answer.
_MAX_CARDS: Final = 50


def _verdict(given: str | None, status: PatronStatus | Refused, caller: Caller) -> bool | None:
    """CQ: was the PIN right? None if it was neither sent nor required. An account may accept a
    blank as right.
    """
    account = caller.account
    takes_blank = account is not None and account.blank_pin_is_right
    if is_pin(given) or (takes_blank and given is not None):
        return isinstance(status, PatronStatus)
    is_missed = isinstance(status, Refused) and Reason.PIN_MISSING in status.reasons
    return False if is_missed else None


def patron_status_request(
    request: PatronStatusRequest, caller: Caller, context: Context
) -> PatronStatusResponse:
    """23 -> 24."""
    place = caller.place(context, request.institution_id)
    _learn(request, caller, place, context)
    status = _status(request, caller, place, context)
    _note(request, status, place, context)
    facts = _Shown(status, caller, place)
    owed, messages = None, facts.messages
    if isinstance(status, PatronStatus) and status.has_account:
        owed = owed_of(context, status.patron.id, place)
        if owed is None:
            messages += owed_elsewhere(context, status.patron.id, place, caller.words)
    return PatronStatusResponse(
        patron_status=facts.flags,
        language=request.language,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=facts.patron_identifier(request.patron_identifier),
        personal_name=facts.name,
        valid_patron=facts.is_valid,
        valid_patron_password=_verdict(request.patron_password, status, caller),
        currency_type=owed[0] if owed is not None else None,
        fee_amount=owed[1] if owed is not None else None,
        screen_message=messages,
        extra_fields=facts.extra,
    )


def patron_information(
    request: PatronInformation, caller: Caller, context: Context
) -> PatronInformationResponse:
    """63 -> 64."""
    place = caller.place(context, request.institution_id)
    _learn(request, caller, place, context)
    found = patron_status_and_facts(
        context.act(place.desk),
        patron=request.patron_identifier.strip(),
        pin=pin_to_check(request.patron_password),
    )
    status = found if isinstance(found, Refused) else found[0]
    _note(request, status, place, context)
    facts = _Shown(status, caller, place)
    response = PatronInformationResponse(
        patron_status=facts.flags,
        language=request.language,
        transaction_date=local_date(context.now, place.zone),
        hold_items_count=0,
        overdue_items_count=0,
        charged_items_count=0,
        fine_items_count=0,
        recall_items_count=0,
        unavailable_holds_count=0,
        institution_id=place.institution(request.institution_id),
        patron_identifier=facts.patron_identifier(request.patron_identifier),
        personal_name=facts.name,
        valid_patron=facts.is_valid,
        valid_patron_password=_verdict(request.patron_password, status, caller),
        screen_message=facts.messages,
        extra_fields=facts.extra,
    )
    response.cards = _list_cards(request, caller, place, context)
    if is_fbs(caller.account):
        leave_no_list_out(response)
    if not isinstance(found, Refused):
        status = found[0]
        if caller.account is not None and caller.account.show_fee_limit:
            response.fee_limit = fee_limit_of(context, status.patron.category, place)
        add_lists(request, response, found, caller, place, context)
        if status.has_account and not response.fine_items_count:
            response.screen_message += owed_elsewhere(
                context, status.patron.id, place, caller.words
            )
        if is_fbs(caller.account):
            _add_limits(response)
        if caller.account is not None and caller.account.show_address:
            response.home_address = _address(status, caller, context)
        if caller.account is not None and caller.account.show_personal_details:
            response.email_address = status.email or None
            response.home_phone_number = status.phone or None
            response.birth_date = f"{status.birth_date:%Y%m%d}" if status.birth_date else None
            response.patron_class = status.patron.category
    return response


def _list_cards(
    request: PatronInformation, caller: Caller, place: Place, context: Context
) -> tuple[str, ...]:
    """Return the cards that a proxy which compares two systems asks for."""
    if request.cards_after is None or not is_beside_another(caller.account):
        return ()
    found = cards_after(
        context.transaction,
        after=request.cards_after,
        agency_id=place.branch.agency_id,
        limit=_MAX_CARDS,
    )
    return tuple(found)


def is_to_learn(request: PatronStatusRequest | PatronInformation, account: Account | None) -> bool:
    """Does the message bring a PIN that was right elsewhere, and may the account say so?"""
    return (
        account is not None
        and account.learns_pins
        and request.learn_pin is True
        and is_pin(request.patron_password)
    )


def _learn(
    request: PatronStatusRequest | PatronInformation,
    caller: Caller,
    place: Place,
    context: Context,
) -> None:
    if is_to_learn(request, caller.account):
        patron, pin = request.patron_identifier.strip(), request.patron_password or ""
        learn_pin(context.act(place.desk), patron=patron, pin=pin)


def _note(
    request: PatronStatusRequest | PatronInformation,
    status: PatronStatus | Refused,
    place: Place,
    context: Context,
) -> None:
    """A patron who gave their PIN looks at themselves; without one somebody else may."""
    if isinstance(status, PatronStatus) and not is_pin(request.patron_password):
        name = f"SIP2 {type(request).__name__}"
        context.looked_up(
            Lookup(Kind.TERMINAL, place.desk, Seen.OPENED, name, patron_id=status.patron.id)
        )


def _add_limits(response: PatronInformationResponse) -> None:
    """In the form of FBS no limit is left out."""
    response.hold_items_limit = response.overdue_items_limit = NO_LIMIT
    if response.charged_items_limit is None:
        response.charged_items_limit = NO_LIMIT


def _address(status: PatronStatus, caller: Caller, context: Context) -> str | None:
    """BD: where they live now, unless that is protected."""
    if status.is_protected:
        return None
    found = address_on(addresses_of(context.transaction, status.patron.id), context.now.date())
    if found is None:
        return None
    return fbs_address(found) if is_fbs(caller.account) else found.text


def block(request: BlockPatron, caller: Caller, context: Context) -> PatronStatusResponse:
    """01 -> 24. Staff see what the terminal says (AL), and lift the block; so does a 25.

    The message has no field for a PIN, so it needs none. Where the account needs the patron's PIN,
    the answer says that the card is blocked, and nothing of the patron.
    """
    place = caller.place(context, request.institution_id)
    patron = request.patron_identifier.strip()
    status = _status_without_pin(patron, place, context)
    needs_pin = isinstance(status, Refused) and status.reasons == (Reason.PIN_MISSING,)
    if needs_pin or isinstance(status, PatronStatus):
        _block_card(patron, request, caller, context.act(place.desk))
        status = _status_without_pin(patron, place, context)
    facts = _Shown(status, caller, place)
    return PatronStatusResponse(
        patron_status=ALL_DENIED if needs_pin else facts.flags,
        language=facts.language or caller.language,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=facts.patron_identifier(request.patron_identifier),
        personal_name=facts.name,
        valid_patron=facts.is_valid,
        screen_message=(
            (say(Text.BLOCKED_BY_MACHINE, caller.words),) if needs_pin else facts.messages
        ),
    )


def _block_card(patron: str, request: BlockPatron, caller: Caller, act: Act) -> None:
    patron_id = find_patron(act.transaction, patron, key=IDENTIFIERS.of(act.circulation))
    if patron_id is not None:
        kept = [say(Text.CARD_KEPT, caller.words)] if request.card_retained else []
        block_patron(
            act,
            patron_id,
            BlockReason.SELF_SERVICE,
            message=" ".join([*filter(None, [request.blocked_card_message.strip()]), *kept]),
        )


def enable(request: PatronEnable, caller: Caller, context: Context) -> PatronEnableResponse:
    """25 -> 26. It lifts a block that a machine has set, and no other."""
    place = caller.place(context, request.institution_id)
    status = _status(request, caller, place, context)
    if isinstance(status, PatronStatus):
        unblock_patron(context.act(place.desk), status.patron.id, BlockReason.SELF_SERVICE)
        status = _status(request, caller, place, context)
    facts = _Shown(status, caller, place)
    return PatronEnableResponse(
        patron_status=facts.flags,
        language=facts.language or caller.language,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=facts.patron_identifier(request.patron_identifier),
        personal_name=facts.name,
        valid_patron=facts.is_valid,
        valid_patron_password=_verdict(request.patron_password, status, caller),
        screen_message=facts.messages,
    )


def end_patron_session(
    request: EndPatronSession, caller: Caller, context: Context
) -> EndSessionResponse:
    """35 -> 36. Nothing of a patron is kept between messages, so this always succeeds."""
    place = caller.place(context, request.institution_id)
    found = patron_known(
        context.act(place.desk),
        patron=request.patron_identifier.strip(),
        pin=pin_to_check(request.patron_password),
    )
    known = None if isinstance(found, Refused) else found
    return EndSessionResponse(
        end_session=True,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=patron_shown(request.patron_identifier, known, caller.account),
    )


class _Shown:
    """What 24 and 64 have in common."""

    __slots__ = (
        "_account",
        "_patron",
        "extra",
        "flags",
        "is_valid",
        "language",
        "messages",
        "name",
    )

    def __init__(self, status: PatronStatus | Refused, caller: Caller, place: Place) -> None:
        self.name = ""
        self.language = ""
        self.extra: Fields = ()
        self._patron: Patron | None = None
        account = self._account = caller.account
        if isinstance(status, PatronStatus):
            self._patron = status.patron
            self.name = name_of(status, account)
            self.language = code_of(status.patron.language)
            shown = "all" if account is None else account.denied_in_status
            self.flags = patron_status_flags(status, shown)
            self.extra = patron_fields(status, account)
            self.is_valid = status.identifier_blocked is None and not status.is_expired
            self.messages = patron_messages(status, caller.words)
            if account is not None and account.show_home_library:
                home = say(Text.HOME_LIBRARY, caller.words, branch=status.home_branch.name)
                self.messages = (*self.messages, home)
        else:
            # A missing PIN is no fault yet: some terminals ask for the card before the PIN.
            is_pin_missing = status.reasons == (Reason.PIN_MISSING,)
            self.flags = " " * 14 if is_pin_missing else ALL_DENIED
            strangers = {Reason.PATRON_UNKNOWN, Reason.PATRON_NOT_SERVED}
            self.is_valid = strangers.isdisjoint(status.reasons)
            self.messages = refusal_messages(status, caller, place.zone)

    def patron_identifier(self, sent: str) -> str:
        shown = patron_shown(sent, self._patron, self._account)
        if is_fbs(self._account):
            return f"{SENT if self._patron is None else KNOWN}{shown}"
        return shown


def _status_without_pin(patron: str, place: Place, context: Context) -> PatronStatus | Refused:
    return patron_standing(context.act(place.desk), patron=patron)


def _status(
    request: PatronStatusRequest | PatronEnable,
    caller: Caller,
    place: Place,
    context: Context,
) -> PatronStatus | Refused:
    return patron_standing(
        context.act(place.desk),
        patron=request.patron_identifier.strip(),
        pin=pin_to_check(request.patron_password),
    )
