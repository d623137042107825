"""What patrons change themselves: how they are reached, what they prefer, their PIN.

Lists take the place of what is stored. Name and address are never the client's to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from circulation.holds.absences import Absence, set_absence
from circulation.kernel.act import Act
from circulation.kernel.reasons import IdentifierBlock
from circulation.languages.installed import default_language
from circulation.patrons.addresses import let_write
from circulation.patrons.changes import Changes, change_patron, patron_fields
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.consents import consents_of, give_consent, withdraw_consent
from circulation.patrons.contacts import (
    add_contact,
    contacts_of,
    preferences_of,
    remove_contact,
    set_preferences,
)
from circulation.patrons.facts import patron_alone
from circulation.patrons.guardians import decides_who_sees, guardians_of, show_account
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    PatronPlace,
    block_identifier,
    find_patron,
    identifiers_of,
)
from circulation.patrons.kinds import Consent, ContactKind
from circulation.patrons.pins import PINS
from circulation.patrons.public_ids import public_ids
from circulation.staff.lookups import Seen
from circulation.staff.patron_pins import choose_pin
from protocols.fbs.calls import Agency, Request
from protocols.fbs.handling.looking import act_for, known_by, note_look, written
from protocols.fbs.handling.patrons import authenticated
from protocols.fbs.messages import Email, PatronSettings, Phone
from protocols.fbs.problems import Denied, Fault, malformed
from protocols.hosting.answering import Context

_FIELDS: Final = {
    "email": "patron.emailAddresses",
    "phone": "patron.phoneNumbers",
    "language": "patron.preferredLanguage",
    "pin": "pincodeChange.pincode",
}


def update_patron(request: Request, context: Context) -> dict[str, Any]:
    """Changes settings, the PIN, or both; all or nothing."""
    body, place = request.body, request.place
    if body.patron is not None:
        apply_settings(act_for(request, context), place, request.agency, body.patron)
    if body.pincode_change is not None and body.pincode_change.pincode is not None:
        _check_card(request, context, body.pincode_change.library_card_number)
        _change_pin(request, context, body.pincode_change.pincode)
    return authenticated(request, context, place)


def update_silently(request: Request, context: Context) -> None:
    """The same; from version 8 on nothing is told of the patron."""
    update_patron(request, context)


def apply_settings(act: Act, place: PatronPlace, agency: Agency, wish: PatronSettings) -> None:
    """What a patron has set, in place of what was there. Raises Denied."""
    pickup = agency.branch(wish.preferred_pickup_branch)
    if pickup is None:
        raise malformed("patron.preferredPickupBranch", "the library has no such branch")
    chosen = preferences_of(act.transaction, place.id)
    set_preferences(act, place.id, chosen._replace(pickup_branch_id=pickup.id))
    changes: Changes = {}
    try:
        emails = _emails(wish)
        if emails is not None:
            changes["email"] = _replace(act, place.id, ContactKind.EMAIL, emails)
        phones = _phones(wish)
        if phones is not None:
            changes["phone"] = _replace(act, place.id, ContactKind.PHONE, phones)
        if wish.preferred_language is not None:
            changes["language"] = wish.preferred_language.strip() or default_language()
        if changes:
            change_patron(act, place.id, changes)
        _set_absence(act, place.id, wish)
    except PatronUnfit as error:
        raise unfit(error) from None
    if wish.receive_postal_mail is not None:
        let_write(act, place.id, notices=wish.receive_postal_mail)
    if wish.guardian_visibility is not None:
        _show_guardians(act, place, is_seen=wish.guardian_visibility)


def unfit(error: PatronUnfit) -> Denied:
    """Return the fields that are wrong. Of a PIN the broken rules are said too; other texts quote
    what was sent."""
    broken = [each for each in error.problems if each.field == "pin"]
    if broken:
        return Denied(
            Fault.MALFORMED, PatronUnfit(broken).said_in(default_language()), [_FIELDS["pin"]]
        )
    fields = list(dict.fromkeys(_FIELDS.get(each.field, each.field) for each in error.problems))
    return Denied(Fault.MALFORMED, f"{', '.join(fields)}: cannot be so", fields)


#: A way to the patron, and whether notices may be sent there.
_Way = tuple[str, bool]


def _emails(wish: PatronSettings) -> list[_Way] | None:
    if wish.email_addresses is not None:
        return email_ways(wish.email_addresses)
    if wish.email_address is None and not wish.missing_deletes:
        return None
    return _one_wanted([(wish.email_address or "", wish.receive_email)])


def _phones(wish: PatronSettings) -> list[_Way] | None:
    if wish.phone_numbers is not None:
        return phone_ways(wish.phone_numbers)
    if wish.phone_number is None and not wish.missing_deletes:
        return None
    return _one_wanted([(wish.phone_number or "", wish.receive_sms)])


def email_ways(given: Sequence[Email]) -> list[_Way]:
    return _one_wanted([(each.email_address, each.receive_notification) for each in given])


def phone_ways(given: Sequence[Phone]) -> list[_Way]:
    return _one_wanted([(each.phone_number, each.receive_notification) for each in given])


def _one_wanted(given: Sequence[_Way]) -> list[_Way]:
    """Notices go to one of them: where several are to have them, to the first."""
    found: list[_Way] = []
    is_taken = False
    for value, notices in given:
        if not value.strip() or value.strip() in {known for known, _ in found}:
            continue
        found.append((value.strip(), notices and not is_taken))
        is_taken = is_taken or notices
    return found


def _replace(act: Act, patron_id: int, kind: ContactKind, ways: Sequence[_Way]) -> str:
    """The ways of that kind, in place of those that were there; gives the one that is registered:
    where notices go, or else the first. Raises PatronUnfit."""
    kept = set()
    known = {
        each.id: each
        for each in contacts_of(act.transaction, patron_id=patron_id)
        if each.kind is kind
    }
    stored = []
    for value, notices in ways:
        made = add_contact(act, patron_id, kind, value, notices=notices)
        if made.notices != notices:  # it was there, and is wanted otherwise
            remove_contact(act, patron_id, made.id)
            made = add_contact(act, patron_id, kind, value, notices=notices)
        kept.add(made.id)
        stored.append(made)
    for each in known.values():
        if each.id not in kept:
            remove_contact(act, patron_id, each.id)
    wanted = [each.value for each in stored if each.notices]
    return (wanted or [each.value for each in stored] or [""])[0]


def _set_absence(act: Act, patron_id: int, wish: PatronSettings) -> None:
    """All holds are paused for that time; not said, or without any day, they are not."""
    period = wish.on_hold
    absence = None
    if period is not None and (period.first or period.last):
        set_up = act.circulation.current_set_up(act.transaction)
        first = period.first or set_up.day(act.now, act.desk.branch_id)
        absence = Absence(first, period.last)
    try:
        set_absence(act, patron_id, absence)
    except ValueError:
        raise malformed("patron.onHold", "ends before it begins") from None


def _show_guardians(act: Act, place: PatronPlace, *, is_seen: bool) -> None:
    """A child who is old enough lets its guardians look, or does not; for younger ones, the library
    has said it, and what the site repeats changes nothing."""
    transaction = act.transaction
    fields = patron_fields(transaction, patron_id=place.id)
    set_up = act.circulation.current_set_up(transaction)
    today = set_up.day(act.now, place.home_branch_id)
    if fields is None or not decides_who_sees(fields.birth_date, today):
        return
    for each in guardians_of(transaction, patron_id=place.id):
        if each.sees_account != is_seen:
            show_account(act, place.id, each.patron_id, today=today, sees_account=is_seen)


def _change_pin(request: Request, context: Context, pin: str) -> None:
    """Sites send the PIN that there is with every change of settings: that is none."""
    place, transaction = request.place, context.transaction
    facts = patron_alone(
        transaction,
        identifier=known_by(place),
        now=context.now,
    )
    stored = None if facts is None else facts.pin_hash
    if stored is not None and PINS.of(context.circulation).check(stored, pin):
        return
    try:
        choose_pin(act_for(request, context), place.id, pin, but=request.caller.token)
    except PatronUnfit as error:
        raise unfit(error) from None


def _check_card(request: Request, context: Context, card: str | None) -> None:
    """The card must be the patron's: one of theirs, their national number, or, as sites send it,
    the number that FBS knows them by. A bearer token says whose it is."""
    if card is None:
        if request.caller.is_site:
            raise malformed("pincodeChange.libraryCardNumber", "is missing")
        return
    place = request.place
    if card.strip() == str(public_ids(context.circulation, context.transaction).number(place.id)):
        return
    key = IDENTIFIERS.of(context.circulation)
    if find_patron(context.transaction, card.strip(), key=key) != place.id:
        raise malformed("pincodeChange.libraryCardNumber", "is no card of the patron's")


# Consents and cards


def list_consents(request: Request, context: Context) -> list[dict[str, Any]]:
    """What the patron has agreed to."""
    note_look(request, context, Seen.OPENED, request.place.id)
    return _consents(request, context)


def _consents(request: Request, context: Context) -> list[dict[str, Any]]:
    given = consents_of(context.transaction, request.place.id)
    return [
        {"consentType": word, "consentDate": given[each].date().isoformat()}
        for each, word in CONSENTS.items()
        if each in given
    ]


CONSENTS: Final = {
    Consent.KEEP_HISTORY: "KEEP_HISTORICAL_LOAN_DATA",
    Consent.PERSON_REGISTRY: "SYNC_WITH_NATIONAL_REGISTRY",
}


def consent_to(consent: Consent) -> Any:
    """Gives or withdraws it, and lists what is agreed to then."""

    def set_consent(request: Request, context: Context) -> list[dict[str, Any]]:
        act, patron_id = act_for(request, context), request.place.id
        said = request.body if isinstance(request.body, bool) else request.body.consent
        if said:
            give_consent(act, patron_id, consent)
        else:
            withdraw_consent(act, patron_id, consent)
        return _consents(request, context)

    return set_consent


def consent_and_tell(consent: Consent) -> Any:
    """The first version tells the patron."""
    change = consent_to(consent)

    def set_consent(request: Request, context: Context) -> dict[str, Any]:
        change(request, context)
        return authenticated(request, context, request.place)

    return set_consent


def list_identifiers(request: Request, context: Context) -> list[dict[str, Any]]:
    """The patron's cards and logins; a national number only covered."""
    note_look(request, context, Seen.OPENED, request.place.id)
    return [
        {
            "identifier": each.shown,
            "identifierType": each.kind.upper(),
            "status": "ACTIVE" if each.blocked is None else each.blocked.name,
            "expiryDate": written(each.expires),
        }
        for each in sorted(
            identifiers_of(context.transaction, patron_id=request.place.id),
            key=lambda each: each.kind,
        )
    ]


def report_lost(request: Request, context: Context) -> None:
    """Blocks a card of the patron's, as lost."""
    identifier = request.body.identifier.strip()
    key = IDENTIFIERS.of(context.circulation)
    if find_patron(context.transaction, identifier, key=key) != request.place.id:
        raise malformed("identifier", "is no card of the patron's")
    block_identifier(act_for(request, context), identifier, IdentifierBlock.LOST)
