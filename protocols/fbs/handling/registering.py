"""Patrons who register themselves on the web, with or without a guardian.

They are known by their national number, which is their card as well, and blocked until staff have
seen them. Nothing else is known of who they are: there is no person registry to ask.
"""

from __future__ import annotations

from typing import Any, Final

from circulation.kernel.act import Act
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import Branch
from circulation.languages.installed import default_language, language
from circulation.patrons.addresses import Dwelling, NewAddress, add_address
from circulation.patrons.blocks import block_patron
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.consents import give_consent
from circulation.patrons.contacts import add_contact
from circulation.patrons.guardians import add_guardian, guardians_of, remove_guardian, wards_seen_by
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    NoIdentifierKey,
    PatronPlace,
    find_patron,
    national_birth_date,
    national_digits,
    place_of_patron,
)
from circulation.patrons.kinds import Consent, ContactKind
from circulation.patrons.public_ids import public_ids
from circulation.patrons.registering import NewPatron, register_patron
from circulation.staff.lookups import Seen
from circulation.staff.patron_pins import choose_pin
from protocols.fbs.callers import patron_numbered
from protocols.fbs.calls import Request
from protocols.fbs.handling.looking import act_for, note_look
from protocols.fbs.handling.own_settings import (
    apply_settings,
    email_ways,
    phone_ways,
    unfit,
    update_patron,
)
from protocols.fbs.handling.patrons import authenticated
from protocols.fbs.messages import BlockWanted, CreateWithGuardian, Guardian, HomeAddress
from protocols.fbs.problems import Denied, Fault, malformed, no_patron
from protocols.fbs.refusals import BLOCK_LETTERS
from protocols.hosting.answering import Context

_REASONS: Final = {letter: reason for reason, letter in BLOCK_LETTERS.items()}


def create_patron(request: Request, context: Context) -> dict[str, Any]:
    """Registers somebody whose national number the site, or the bearer token, vouches for."""
    body = request.body
    pickup = _branch(request, body.patron.preferred_pickup_branch)
    person = _person(request, body.person_identifier)
    act = act_for(request, context)
    name = language(default_language()).words.pgettext("web site", "NAMELESS")
    try:
        place = _register(act, request, person, pickup, name=name)
        apply_settings(act, place, request.agency, body.patron)
        _finish(act, request, place, body.pincode, body.block, consents=body.registry_consent)
    except PatronUnfit as error:
        raise unfit(error) from None
    return authenticated(request, context, place)


def create_with_guardian(request: Request, context: Context) -> int:
    """Registers a child and who answers for it; gives the child's number."""
    body: CreateWithGuardian = request.body
    pickup = _branch(request, body.preferred_pickup_branch)
    guardian_person = _person(request, body.guardian.person_identifier)
    child_person = _national(body.person_id, "personId")
    if child_person == guardian_person:
        raise malformed("guardian.personIdentifier", "is that of the child")
    act = act_for(request, context)
    try:
        child = _register(act, request, child_person, pickup, name=body.name)
        _write_address(act, child.id, body.address)
        emails = email_ways(body.email_addresses) or _single(body.email)
        for value, notices in emails:
            add_contact(act, child.id, ContactKind.EMAIL, value, notices=notices)
        phones = phone_ways(body.phone_numbers) or _single(body.phone_number)
        for value, notices in phones:
            add_contact(act, child.id, ContactKind.PHONE, value, notices=notices)
        _finish(act, request, child, body.pincode, body.block, consents=body.registry_consent)
        guardian = _guardian(act, request, guardian_person, pickup, body.guardian)
    except PatronUnfit as error:
        raise unfit(error) from None
    _answer_for(act, child, guardian)
    return public_ids(context.circulation, context.transaction).number(child.id)


def change_guardian(request: Request, context: Context) -> int:
    """Makes somebody the guardian of a child, in place of whoever was; gives the child's number."""
    body = request.body
    child = _child(request, context)
    person = _person(request, body.guardian.person_identifier)
    act = act_for(request, context)
    pickup = next(each for each in request.agency.branches if each.id == child.home_branch_id)
    try:
        guardian = _guardian(act, request, person, pickup, body.guardian)
    except PatronUnfit as error:
        raise unfit(error) from None
    if guardian.id == child.id:
        raise malformed("guardian.personIdentifier", "is that of the child")
    known = guardians_of(context.transaction, patron_id=child.id)
    for each in known:
        if each.patron_id != guardian.id:
            remove_guardian(act, child.id, each.patron_id)
    if guardian.id not in {each.patron_id for each in known}:
        _answer_for(act, child, guardian)
    return public_ids(context.circulation, context.transaction).number(child.id)


def list_wards(request: Request, context: Context) -> list[dict[str, Any]]:
    """The children whose account a guardian may look at, by the guardian's national number."""
    guardian = _known_here(request, context, request.body)
    if guardian is None:
        return []
    wards = _wards(request, context, guardian)
    for each in wards:
        note_look(request, context, Seen.OPENED, each.id)
    return [authenticated(request, context, each) for each in wards]


def update_as_guardian(request: Request, context: Context) -> dict[str, Any]:
    """A guardian changes what a child whose account they see has set. Raises Denied for others."""
    guardian = _known_here(request, context, request.body.guardian_person_id)
    wards = () if guardian is None else _wards(request, context, guardian)
    if request.place.id not in {each.id for each in wards}:
        raise Denied(Fault.FORBIDDEN, "the guardian does not see the account of this patron")
    return update_patron(request, context)


def _wards(request: Request, context: Context, guardian: PatronPlace) -> list[PatronPlace]:
    transaction = context.transaction
    set_up = context.circulation.current_set_up(transaction)
    today = set_up.day(context.now, guardian.home_branch_id)
    places = [
        place_of_patron(transaction, patron_id=each.patron_id)
        for each in wards_seen_by(transaction, guardian.id, today)
    ]
    return [each for each in places if each and each.agency_id == request.agency.id]


def _branch(request: Request, isil: str) -> Branch:
    found = request.agency.branch(isil)
    if found is None:
        raise malformed("preferredPickupBranch", "the library has no such branch")
    if not request.settings.category:
        raise Denied(Fault.DATA_NOT_FOUND, "nobody can register on the web here")
    return found


def _person(request: Request, said: str | None) -> str:
    """Whose national number is meant: as the site says, or as the token does. Raises Denied."""
    caller = request.caller
    if not caller.is_site:
        if caller.person is None:
            raise Denied(Fault.FORBIDDEN, "token does not include a cpr")
        shown = _national(caller.person, "token")
        if said is not None and national_digits(said) != shown:
            raise Denied(Fault.FORBIDDEN, "the token is of another person")
        return shown
    if said is None:
        raise malformed("personIdentifier", "is missing")
    return _national(said, "personIdentifier")


def _national(text: str, field: str) -> str:
    digits = national_digits(text.strip())
    if digits is None or national_birth_date(digits) is None:
        raise malformed(field, "this is no national number")
    return digits


def _known_here(request: Request, context: Context, person: str) -> PatronPlace | None:
    """The patron of the library with that national number, card or login."""
    key = IDENTIFIERS.of(context.circulation)
    patron_id = find_patron(context.transaction, person.strip(), key=key)
    if patron_id is None:
        return None
    place = place_of_patron(context.transaction, patron_id=patron_id)
    return place if place is not None and place.agency_id == request.agency.id else None


def _register(act: Act, request: Request, person: str, branch: Branch, *, name: str) -> PatronPlace:
    """A patron with that national number, blocked until staff have seen them. Raises Denied where
    there is one; PatronUnfit."""
    key = IDENTIFIERS.of(act.circulation)
    if key.stored(person) == person:
        raise Denied(Fault.DATA_NOT_FOUND, "national numbers cannot be kept here")
    known = find_patron(act.transaction, person, key=key)
    if known is not None:
        raise _exists(act, request, known)
    given, _, family = name.rpartition(" ")
    new = NewPatron(
        home_branch=branch.id,
        category=request.settings.category,
        given_name=given or family,
        family_name=family if given else "",
        name=name,
        card=person,
        birth_date=national_birth_date(person),
    )
    try:
        patron_id = register_patron(act, new)
    except NoIdentifierKey:
        raise Denied(Fault.DATA_NOT_FOUND, "national numbers cannot be kept here") from None
    place = place_of_patron(act.transaction, patron_id=patron_id)
    assert place is not None
    return place


def _exists(act: Act, request: Request, patron_id: int) -> Denied:
    """Who is registered already is told so, at their own library. Nobody learns of others: not that
    they are patrons elsewhere, and not from a token of somebody else."""
    place = place_of_patron(act.transaction, patron_id=patron_id)
    is_here = place is not None and place.agency_id == request.agency.id
    is_own = request.caller.is_site or not request.call.path.startswith("{agencyid}/patrons/with")
    if is_here and is_own:
        return Denied(Fault.CPR_NUMBER_EXISTS, "there is a patron with this national number")
    return Denied(Fault.DATA_NOT_FOUND, "the patron cannot be registered on the web")


def _finish(
    act: Act,
    request: Request,
    place: PatronPlace,
    pin: str | None,
    block: BlockWanted | None,
    *,
    consents: bool,
) -> None:
    """The PIN, the consent, and the block: a site may ask for another one than that of all who
    register themselves, the owner of a token cannot. Raises PatronUnfit."""
    if pin is not None:
        choose_pin(act, place.id, pin)
    if consents:
        give_consent(act, place.id, Consent.PERSON_REGISTRY)
    reason = BlockReason.SELF_REGISTERED
    if block is not None and request.caller.is_site:
        reason = _REASONS[block.reason]
    block_patron(act, place.id, reason)


def _guardian(
    act: Act, request: Request, person: str, branch: Branch, told: Guardian
) -> PatronPlace:
    """Who has that national number, registered where the library does not know them yet."""
    key = IDENTIFIERS.of(act.circulation)
    known = find_patron(act.transaction, person, key=key)
    if known is not None:
        place = place_of_patron(act.transaction, patron_id=known)
        if place is None or place.agency_id != request.agency.id:
            raise Denied(Fault.DATA_NOT_FOUND, "the guardian cannot be registered on the web")
        return place
    place = _register(act, request, person, branch, name=told.name)
    add_contact(act, place.id, ContactKind.EMAIL, told.email)
    if told.mobile_phone_number:
        add_contact(act, place.id, ContactKind.PHONE, told.mobile_phone_number)
    _write_address(act, place.id, told.address)
    block_patron(act, place.id, BlockReason.SELF_REGISTERED)
    return place


def _answer_for(act: Act, child: PatronPlace, guardian: PatronPlace) -> None:
    set_up = act.circulation.current_set_up(act.transaction)
    today = set_up.day(act.now, child.home_branch_id)
    try:
        add_guardian(act, child.id, guardian.id, today=today)
    except ValueError:
        raise malformed("guardian", "cannot answer for this patron") from None


def _child(request: Request, context: Context) -> PatronPlace:
    body = request.body
    if body.patron_id is not None:
        return patron_numbered(
            context, request.call, body.patron_id, request.caller, request.agency
        )
    if body.person_id is None:
        raise malformed("personId", "is missing")
    found = _known_here(request, context, body.person_id)
    if found is None:
        raise no_patron()
    return found


def _single(value: str | None) -> list[tuple[str, bool]]:
    return [(value.strip(), True)] if value and value.strip() else []


def _write_address(act: Act, patron_id: int, address: HomeAddress | None) -> None:
    if address is None:
        return
    country = (address.country or "").strip().upper()
    new = NewAddress(
        Dwelling.HOME,
        lines=address.co_name or "",
        street=address.street or "",
        postal_code=address.postal_code or "",
        city=address.city or "",
        country="" if country in ("DK", "DANMARK") else country,
    )
    if any((new.lines, new.street, new.postal_code, new.city)):
        add_address(act, patron_id, new)
