"""Patrons: let in by card and PIN, looked up, told."""

from __future__ import annotations

from hashlib import blake2b
from time import monotonic
from typing import Any, Final

from circulation.accounts.status import patron_status
from circulation.booking.planning import may_book
from circulation.holds.absences import absence_of
from circulation.kernel.engine import Memory
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import Block, Desk, PatronStatus, Refused
from circulation.kernel.rights import Kind, Right
from circulation.languages.installed import language
from circulation.patrons.addresses import Address, Dwelling, addresses_of
from circulation.patrons.changes import PatronFields, patron_fields
from circulation.patrons.consents import consents_of
from circulation.patrons.contacts import Contact, contacts_of, preferences_of
from circulation.patrons.guardians import guardians_of
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    PatronPlace,
    find_patron,
    identifiers_of,
    place_of_patron,
)
from circulation.patrons.kinds import Consent, ContactKind, IdentifierKind, PatronKind
from circulation.patrons.pin_rules import let_in, look_at_pin_of_nobody
from circulation.patrons.public_ids import public_ids
from circulation.patrons.registering import home_of
from circulation.staff.lookups import Seen
from protocols.fbs.callers import patron_numbered
from protocols.fbs.calls import Agency, Request
from protocols.fbs.handling.looking import act_for, day_of, known_by, note_look, written
from protocols.fbs.problems import no_patron
from protocols.fbs.refusals import BLOCK_LETTERS, GRAVITY, OTHER_LETTER
from protocols.hosting.answering import Context
from protocols.hosting.throttle import FailedLogins

VALID: Final = "VALID"
INVALID: Final = "INVALID"
LOCKED_OUT: Final = "LOANER_LOCKED_OUT"
#: What is told where nobody is let in, or nobody is there; the first versions have a truth for it.
NOBODY: Final[dict[str, Any]] = {
    "authenticateStatus": INVALID,
    "authenticated": False,
    "patronId": 0,
    "patronType": PatronKind.PERSON.name,
}
_DIGITAL_POST: Final = "DIGITAL_POST"
#: The sentence of the context "screen" for each block.
_SENTENCES: Final[dict[BlockReason, str]] = {
    BlockReason.CARD_STOLEN: "CARD_REPORTED_LOST",
    BlockReason.EXCLUDED: "BLOCKED_EXCLUDED",
    BlockReason.EXCLUDED_EXTENDED: "BLOCKED_EXCLUDED",
    BlockReason.SELF_SERVICE: "BLOCKED_BY_MACHINE",
    BlockReason.SELF_REGISTERED: "BLOCKED_SELF_REGISTERED",
    BlockReason.DEBT: "BLOCKED_FOR_DEBT",
    BlockReason.DECEASED: "PATRON_BLOCKED",
    BlockReason.OTHER: "PATRON_BLOCKED",
}
#: Wrong PINs by web site and card: who tries card after card is slowed, and nobody else.
FAILED: Final[Memory[FailedLogins]] = Memory(FailedLogins)


# Who it is


def authenticate(request: Request, context: Context) -> dict[str, Any]:
    """Card and PIN, as a web site's form has them.

    All patrons of a site come from one machine, so a wrong PIN counts for its card alone, and a
    site from which card after card is tried is slowed down, as `FailedLogins` has it.
    """
    card, pin = request.body.library_card_number.strip(), request.body.pincode
    principal = request.principal
    tried = blake2b(card.encode(), digest_size=8).hexdigest()
    failed, now = FAILED.of(context.circulation), monotonic()
    if failed.is_held(principal.name, tried, now):
        return NOBODY | {"authenticateStatus": LOCKED_OUT}
    device = f"{principal.device} {tried}"
    act = context.act(Desk(principal.name, device, principal.agency_id, principal.branch_id))
    place = _patron_known_as(card, request.agency, context)
    if place is None:
        reasons: tuple[Reason, ...] = (look_at_pin_of_nobody(act, card, pin).reason,)
    else:
        found = let_in(act, patron=card, pin=pin)
        if not isinstance(found, Refused):
            failed.succeeded(principal.name, tried)
            note_look(request, context, Seen.OPENED, place.id)
            return authenticated(request, context, place)
        reasons = found.reasons
    failed.failed(principal.name, tried, now)
    is_locked = Reason.PIN_LOCKED in reasons
    return NOBODY | {"authenticateStatus": LOCKED_OUT if is_locked else INVALID}


def look_up(request: Request, context: Context) -> dict[str, Any]:
    """A patron whom the site has identified itself: by card, national number or school login."""
    place = _patron_known_as(request.body, request.agency, context)
    if place is None:
        return NOBODY
    note_look(request, context, Seen.OPENED, place.id)
    return authenticated(request, context, place)


def look_up_number(request: Request, context: Context) -> dict[str, Any]:
    """The same, of whom the site knows the number already."""
    text = request.body
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else 0
    place = patron_numbered(context, request.call, number, request.caller, request.agency)
    note_look(request, context, Seen.OPENED, place.id)
    return authenticated(request, context, place)


def show_patron(request: Request, context: Context) -> dict[str, Any]:
    """The patron of the path."""
    note_look(request, context, Seen.OPENED, request.place.id)
    return authenticated(request, context, request.place)


def show_of_kind(kind: PatronKind) -> Any:
    """The patron of the path, who must be of that kind. Raises Denied for others."""

    def show(request: Request, context: Context) -> dict[str, Any]:
        if _kind_of(request.place, context) is not kind:
            raise no_patron()
        note_look(request, context, Seen.OPENED, request.place.id)
        return patron_told(request, context, request.place, kind)

    return show


def _patron_known_as(identifier: str, agency: Agency, context: Context) -> PatronPlace | None:
    """The patron of that library with that card, national number or login."""
    key = IDENTIFIERS.of(context.circulation)
    patron_id = find_patron(context.transaction, identifier.strip(), key=key)
    if patron_id is None:
        return None
    place = place_of_patron(context.transaction, patron_id=patron_id)
    return place if place is not None and place.agency_id == agency.id else None


def authenticated(request: Request, context: Context, place: PatronPlace) -> dict[str, Any]:
    """The patron, in all wrappings that versions have."""
    kind = _kind_of(place, context)
    told = patron_told(request, context, place, kind)
    return {
        "authenticateStatus": VALID,
        "authenticated": True,
        "patronId": told["patronId"],
        "patronType": kind.name,
        "patron": told,
    }


def _kind_of(place: PatronPlace, context: Context) -> PatronKind:
    found = home_of(context.transaction, place.id)
    return PatronKind.PERSON if found is None else found[1]


# What is told of them


def patron_told(
    request: Request, context: Context, place: PatronPlace, kind: PatronKind
) -> dict[str, Any]:
    """Everything that any version tells of a patron. National numbers, cards and what staff have
    noted are none of it."""
    transaction = context.transaction
    status = patron_status(act_for(request, context), patron=known_by(place))
    fields = patron_fields(transaction, patron_id=place.id)
    if isinstance(status, Refused) or fields is None:
        raise no_patron()
    set_up = context.circulation.current_set_up(transaction)
    told: dict[str, Any] = {
        "patronId": public_ids(context.circulation, transaction).number(place.id),
        "name": fields.name,
        "birthday": written(fields.birth_date),
        "resident": _is_resident(fields, request.agency),
        "allowBookings": may_book(set_up, request.agency.branches, status.patron.category),
        "preferredLanguage": fields.language,
        "blockStatus": _blocks(status, fields.language) or None,
        "patronNote": None,
    }
    told |= _preferences(place, status, context)
    sees = not fields.is_protected or _sees_addresses(request, place)
    told |= _contacts(fields, place, context, sees=sees)
    consents = consents_of(transaction, place.id)
    told |= {
        "keepLoanHistoricalData": Consent.KEEP_HISTORY in consents,
        "hasNationalRegistrySynchronizationConsent": Consent.PERSON_REGISTRY in consents,
        "guardianVisibility": any(
            each.sees_account for each in guardians_of(transaction, patron_id=place.id)
        ),
    }
    return told | _of_its_kind(place, kind, context)


def _sees_addresses(request: Request, place: PatronPlace) -> bool:
    principal = request.principal
    if principal.kind is Kind.PATRON:
        return True
    return principal.may(Right.VIEW_PROTECTED_ADDRESSES, place.agency_id, place.home_branch_id)


def _is_resident(fields: PatronFields, agency: Agency) -> bool:
    """Does the patron live in the library's municipality? A library number of Denmark has the
    municipality's in its second to fourth digit. Where nothing is known, nobody is a stranger."""
    number = agency.isil.rpartition("-")[2]
    return fields.municipality in ("", number[1:4].lstrip("0"), number[1:4])


def _blocks(status: PatronStatus, tag: str) -> list[dict[str, Any]]:
    """Blocks, the gravest first, in words for the patron: not those in which staff wrote them."""
    words = language(tag).words
    zone = status.home_branch.timezone

    def told(block: Block) -> dict[str, Any]:
        return {
            "blockedReason": BLOCK_LETTERS[block.reason],
            "blockedSince": day_of(block.since, zone),
            "message": words.pgettext("screen", _SENTENCES[block.reason]),
        }

    blocks = sorted(status.blocks, key=lambda block: GRAVITY[block.reason])
    found = [told(block) for block in blocks]
    if status.is_expired and status.expires is not None:
        expired = words.pgettext("screen", "PATRON_EXPIRED")
        since = status.expires.isoformat()
        found.append({"blockedReason": OTHER_LETTER, "blockedSince": since, "message": expired})
    return found


def _preferences(place: PatronPlace, status: PatronStatus, context: Context) -> dict[str, Any]:
    transaction = context.transaction
    set_up = context.circulation.current_set_up(transaction)
    chosen = preferences_of(transaction, place.id)
    pickup = set_up.branches.get(chosen.pickup_branch_id or 0) or status.home_branch
    terms = set_up.terms(pickup.id, status.patron.category, "")
    away = absence_of(transaction, patron_id=place.id)
    return {
        "preferredPickupBranch": pickup.isil,
        "defaultInterestPeriod": chosen.interest_days or terms.interest_days,
        "onHold": away and {"from": written(away.first), "to": written(away.last)},
    }


def _contacts(
    fields: PatronFields, place: PatronPlace, context: Context, *, sees: bool
) -> dict[str, Any]:
    """How they are reached; nothing of it where the caller is not to be told."""
    transaction = context.transaction
    contacts = contacts_of(transaction, patron_id=place.id)
    addresses = addresses_of(transaction, place.id)
    emails = _ways(ContactKind.EMAIL, fields.email, contacts)
    phones = _ways(ContactKind.PHONE, fields.phone, contacts)
    post = [each for each in contacts if each.kind is ContactKind.DIGITAL_POST]
    told: dict[str, Any] = {
        "receiveEmail": any(notices for _, notices, _ in emails),
        "receiveSms": any(notices for _, notices, _ in phones),
        "receivePostalMail": any(each.notices for each in addresses),
        "notificationProtocols": [_DIGITAL_POST] if any(each.notices for each in post) else [],
    }
    if not sees:
        return told
    home = [each for each in addresses if each.kind is Dwelling.HOME]
    other = [each for each in addresses if each.kind is Dwelling.TEMPORARY]
    return told | {
        "emailAddress": _preferred(emails),
        "phoneNumber": _preferred(phones),
        "emailAddresses": [
            {"emailAddress": value, "receiveNotification": notices, "verified": verified}
            for value, notices, verified in emails
        ],
        "phoneNumbers": [
            {"phoneNumber": value, "receiveNotification": notices} for value, notices, _ in phones
        ],
        "address": _address(home[-1]) if home else None,
        "secondaryAddress": _address(other[-1]) if other else None,
    }


#: Address, may notices be sent there, is it verified.
_Way = tuple[str, bool, bool]


def _ways(kind: ContactKind, registered: str, contacts: list[Contact]) -> list[_Way]:
    """Those of a kind, the registered one among them."""
    found = [
        (each.value, each.notices, each.verified is not None)
        for each in contacts
        if each.kind is kind
    ]
    if registered and registered not in {value for value, _, _ in found}:
        found.insert(0, (registered, True, False))
    return found


def _preferred(ways: list[_Way]) -> str | None:
    """The one that notices go to, or else the first."""
    return next((value for value, notices, _ in ways if notices), ways[0][0] if ways else None)


def _address(address: Address) -> dict[str, Any]:
    """In the parts that FBS has. One that came as a text is a street in so many lines."""
    street = f"{address.street} {address.house_number}".strip()
    lines = ", ".join(address.lines.splitlines())
    return {
        "coName": lines if street else "",
        "street": street or lines,
        "postalCode": address.postal_code,
        "city": address.city,
        "country": address.country or "DK",
        "district": "",
        "subDistrict": "",
    }


def _of_its_kind(place: PatronPlace, kind: PatronKind, context: Context) -> dict[str, Any]:
    """What companies, groups and libraries have besides."""
    if kind is PatronKind.PERSON:
        return {}
    transaction = context.transaction
    persons = [
        each.value
        for each in contacts_of(transaction, patron_id=place.id)
        if each.kind is ContactKind.PERSON
    ]
    shown = identifiers_of(transaction, patron_id=place.id)
    company = [each.shown for each in shown if each.kind == IdentifierKind.COMPANY_NUMBER.value]
    told = {"contactPerson": persons[0] if persons else ""}
    if kind is PatronKind.COMPANY:
        number = company[0] if company else ""
        told |= {"companyIdentifier": number, "cvr": number}
    if kind is PatronKind.LIBRARY:
        cards = [each.shown for each in shown if each.kind == IdentifierKind.CARD.value]
        told["isil"] = cards[0] if cards else ""
    return told
