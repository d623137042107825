"""Users: the one that a request is about, and what is told of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from circulation.kernel.reasons import Action, IdentifierBlock
from circulation.kernel.results import PatronStatus
from circulation.patrons.addresses import addresses_of
from circulation.patrons.identifiers import identifiers_of
from circulation.patrons.languages import ISO_639_2
from protocols.hosting.answering import Context
from protocols.ncip.messages import AuthenticationInput, Code, Problem, UserId, agency_code
from protocols.ncip.models.addresses import ElectronicAddress, PhysicalAddress, UnstructuredAddress
from protocols.ncip.models.users import (
    BlockOrTrap,
    NameInformation,
    PersonalNameInformation,
    PreviousUserId,
    StructuredPersonalUserName,
    UserAddressInformation,
    UserOptionalFields,
    UserPrivilege,
    UserPrivilegeStatus,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import Partner

#: UserIdentifierType of every identifier that we send.
BARCODE = Code("Barcode")

#: The spellings of AuthenticationInputType that hold a secret, folded by `folded`. Every other
#: type holds an identifier: Barcode Id, User Id, Username...
_SECRET_TYPES = frozenset({"pin", "pincode", "password", "passwd", "userpin", "userpassword"})

#: The words of version 2 and of version 1 for the identifiers of a user.
_USER_IDS = frozenset({"userid", "visibleuserid"})

_PREVIOUS_USER_IDS = frozenset({"previoususerid"})

_NO_FIELDS = UserOptionalFields()

_BLOCK_TYPES = {
    Action.CHECK_OUT: "Block Check Out",
    Action.RENEW: "Block Renewal",
    Action.HOLD: "Block Request Item",
    Action.RECALL: "Block Recall",
}


class NamedUser(NamedTuple):
    """The user who is meant: an identifier, the PIN given with it, if any, and what a Problem may
    quote of it."""

    identifier: str
    pin: str | None
    quotable: dict[str, str | None]

    def __repr__(self) -> str:
        return "NamedUser(...)"


def folded(text: str) -> str:
    """A value of an open list without case, blanks and punctuation."""
    return _remembered(text) if len(text) <= _SHORT else _folded(text)


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


#: The words of lists come again and again; anything longer is not one, and would cost memory.
_SHORT = 64
_remembered = lru_cache(1024)(_folded)


def desired(codes: Collection[Code]) -> frozenset[str]:
    """The element types asked for, folded."""
    return frozenset(folded(code.value) for code in codes)


def named_user(request: Any) -> NamedUser | Problem:
    """The user a request names, by its UserId or its AuthenticationInput.

    The schema lets a request have one of them; clients send both. The PIN then belongs to the
    identifier typed by the user, which takes precedence, so that no PIN opens another user's
    record.
    """
    pin: str | None = None
    typed: str | None = None
    for each in request.authentication_input:
        if is_secret(each):
            pin = each.authentication_input_data or ""
        elif typed is None:
            typed = each.authentication_input_data
    if typed is not None:
        return NamedUser(typed, pin, {})
    identified = getattr(request, "user_id", None)  # AuthenticateUser has no UserId
    given = identified.user_identifier_value if identified else None
    if given is not None:
        return NamedUser(given, pin, {"UserIdentifierValue": given})
    element = "AuthenticationInputData" if request.authentication_input else "UserId"
    return problem(ProblemType.NEEDED_DATA_MISSING, "no user identifier is given", element)


def is_secret(given: AuthenticationInput) -> bool:
    """Is it a PIN or password rather than an identifier?"""
    kind = given.authentication_input_type
    return kind is not None and folded(kind.value) in _SECRET_TYPES


def user_id(identifier: str, agency_isil: str) -> UserId:
    return UserId(agency_code(agency_isil), BARCODE, identifier)


def user_optional_fields(
    context: Context, status: PatronStatus, wanted: frozenset[str], partner: Partner
) -> UserOptionalFields | None:
    """What was asked for of the user, and no more; None if nothing was."""
    agency = agency_code(status.home_branch.agency_isil)
    zone = ZoneInfo(status.home_branch.timezone)
    fields = UserOptionalFields(
        name_information=_name(status) if "nameinformation" in wanted else None,
        user_address_information=(
            _addresses(context, status, partner) if "useraddressinformation" in wanted else ()
        ),
        date_of_birth=(
            _midnight(status.birth_date)
            if "dateofbirth" in wanted and status.birth_date is not None
            else None
        ),
        user_language=_languages(status) if "userlanguage" in wanted else (),
        user_privilege=_privileges(status, agency, zone) if "userprivilege" in wanted else (),
        block_or_trap=_blocks(status, agency, zone) if "blockortrap" in wanted else (),
        user_id=tuple(
            user_id(card, status.home_branch.agency_isil)
            for card in _cards(context, status, wanted, blocked=False)
        ),
        previous_user_id=tuple(
            PreviousUserId(agency, card) for card in _cards(context, status, wanted, blocked=True)
        ),
    )
    return None if fields == _NO_FIELDS else fields


def _cards(
    context: Context, status: PatronStatus, wanted: frozenset[str], *, blocked: bool
) -> list[str]:
    """The usable cards, or those that were replaced; the one in the request comes first."""
    if not wanted & (_PREVIOUS_USER_IDS if blocked else _USER_IDS):
        return []
    given = [] if blocked else [status.patron.identifier]
    return given + [
        each.shown
        for each in identifiers_of(context.transaction, patron_id=status.patron.id)
        if each.kind == "card"
        and (each.blocked is IdentifierBlock.REPLACED if blocked else each.blocked is None)
        and each.shown != status.patron.identifier
    ]


def _name(status: PatronStatus) -> NameInformation:
    structured = None
    if status.family_name:
        structured = StructuredPersonalUserName(status.given_name or None, status.family_name)
    # The schema allows one without the other, or both in this order.
    return NameInformation(PersonalNameInformation(structured, status.patron.name or "-"))


def _addresses(
    context: Context, status: PatronStatus, partner: Partner
) -> tuple[UserAddressInformation, ...]:
    role = Code("Multi-Purpose")
    electronic = tuple(
        UserAddressInformation(role, electronic_address=ElectronicAddress(Code(word), address))
        for word, address in (
            (partner.email_type, status.email),
            (partner.phone_type, status.phone),
        )
        if address
    )
    if status.is_protected:
        return electronic
    postal = tuple(
        UserAddressInformation(role, physical_address=postal_address(address.text))
        for address in addresses_of(context.transaction, status.patron.id)
        if address.holds_on(context.now.date())
    )
    return electronic + postal


def postal_address(lines: str) -> PhysicalAddress:
    """An address as on a letter, line by line."""
    text = UnstructuredAddress(Code("Newline-Delimited Text"), lines)
    return PhysicalAddress(unstructured_address=text, physical_address_type=Code("Postal Address"))


def _languages(status: PatronStatus) -> tuple[Code, ...]:
    """ISO 639-2, as in the standard; empty for a language without a code known here."""
    language = ISO_639_2.get(status.patron.language.partition("-")[0].casefold())
    return (Code(language),) if language else ()


def _privileges(status: PatronStatus, agency: Code, zone: ZoneInfo) -> tuple[UserPrivilege, ...]:
    """The category, and again as the pairs that ReShare and FOLIO read: PROFILE and STATUS."""
    until = None
    if status.expires is not None:
        until = datetime.combine(status.expires, time(23, 59, 59), zone)
    is_barred = Action.CHECK_OUT in status.denied
    return (
        UserPrivilege(agency, Code(status.patron.category), valid_to_date=until),
        UserPrivilege(
            agency,
            Code("PROFILE"),
            valid_to_date=until,
            user_privilege_status=_status(status.patron.category),
        ),
        UserPrivilege(
            agency,
            Code("STATUS"),
            user_privilege_status=_status("BLOCKED" if is_barred else "ACTIVE"),
        ),
    )


def _status(word: str) -> UserPrivilegeStatus:
    return UserPrivilegeStatus(Code(word))


def _blocks(status: PatronStatus, agency: Code, zone: ZoneInfo) -> tuple[BlockOrTrap, ...]:
    """One for each thing that the user may not do now, without the reason."""
    if not status.denied:
        return ()
    since = min((block.since for block in status.blocks), default=None)
    return tuple(
        BlockOrTrap(agency, Code(word), since.astimezone(zone) if since else None)
        for action, word in _BLOCK_TYPES.items()
        if action in status.denied
    )


def _midnight(day: date) -> datetime:
    """A day as the schema wants it: the first moment of it, in UTC."""
    return datetime.combine(day, time(0), UTC)


def midnight_of(day: date, zone: ZoneInfo) -> datetime:
    """A day of a branch as the schema wants it: its first moment there."""
    return datetime.combine(day, time(0), zone)
