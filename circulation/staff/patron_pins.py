"""PINs that are chosen: by staff for a patron, or by patrons who know the one they have."""

from __future__ import annotations

from typing import NamedTuple

from circulation.kernel.act import Act
from circulation.kernel.results import Desk, Refused
from circulation.kernel.rights import Kind
from circulation.languages.sentences import Sentence
from circulation.patrons.changes import patron_fields
from circulation.patrons.checking import PatronProblem, PatronUnfit
from circulation.patrons.facts import patron_alone
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    find_patron,
    identifiers_of,
    place_of_patron,
)
from circulation.patrons.pin_rules import let_in, pin_problems
from circulation.patrons.pin_settings import pin_rules_of
from circulation.patrons.pins import PINS, hash_pin
from circulation.patrons.registering import set_pin
from circulation.staff.sessions import end_sessions_of_patron
from circulation.staff.tokens import digest_of


def choose_pin(act: Act, patron_id: int, pin: str, *, but: str = "", realm: str = "") -> None:
    """Gives a patron a PIN that is good enough, and ends their sessions but that of the token
    `but` of the realm. It takes some 20 ms of CPU, so call it in a worker thread.

    Raises PatronUnfit with all that is wrong with the PIN, ValueError for an unknown patron.
    """
    if problems := _problems(act, patron_id, pin):
        raise PatronUnfit(PatronProblem("pin", text) for text in problems)
    set_pin(act, patron_id, hash_pin(pin))
    kept = digest_of(but, realm) if but else b""
    end_sessions_of_patron(act.transaction, patron_id=patron_id, but=kept)


def _problems(act: Act, patron_id: int, pin: str) -> list[Sentence]:
    transaction, circulation, _, _ = act
    fields = patron_fields(transaction, patron_id=patron_id)
    place = place_of_patron(transaction, patron_id=patron_id)
    if fields is None or place is None:
        raise ValueError(f"there is no patron {patron_id}")
    shown = tuple(each.shown for each in identifiers_of(transaction, patron_id=patron_id))
    rules = pin_rules_of(circulation.current_set_up(transaction), place.agency_id)
    born = fields.birth_date
    known = {"birth_date": born, "identifiers": shown, "phone": fields.phone}
    problems = pin_problems(pin, **known, rules=rules)  # type: ignore[arg-type]
    key = IDENTIFIERS.of(circulation)
    # Of a national number only the hash is kept: is it the one that ends in this PIN?
    if born and find_patron(transaction, f"{born:%d%m%y}{pin}", key=key) == patron_id:
        problems.append(Sentence("PIN_IDENTIFIER"))
    return problems


def learn_pin(act: Act, *, patron: str, pin: str) -> None:
    """The PIN was right at another system, so it is the patron's here, whatever the rules for new
    ones say. Nothing is done where it is known already, or nobody has this identifier. It may take
    20 ms of CPU, so call it in a worker thread. Raises VerificationNeeded.
    """
    identifier = IDENTIFIERS.of(act.circulation).stored(patron)
    facts = patron_alone(act.transaction, identifier=identifier, now=act.now)
    if facts is None:
        return
    pins = PINS.of(act.circulation)
    if facts.pin_hash is None or not pins.check(facts.pin_hash, pin):
        set_pin(act, facts.id, pins.hashed(pin))


class PinChange(NamedTuple):
    """Patrons replace `old` by `new`. `address` is where they are, `token` that of their session,
    in its realm, which goes on."""

    old: str
    new: str
    address: str
    token: str
    realm: str = ""


def change_pin(act: Act, patron_id: int, change: PinChange) -> Refused | None:
    """Patrons change their PIN themselves. A wrong old one is a failed try, as at signing in.

    Refused with PIN_WRONG or PIN_LOCKED. Raises VerificationNeeded, PatronUnfit, ValueError for a
    patron whom no identifier names.
    """
    place = place_of_patron(act.transaction, patron_id=patron_id)
    if place is None or place.identifier is None:
        raise ValueError(f"no identifier names patron {patron_id}")
    there = act._replace(desk=Desk(Kind.PATRON.value, change.address, 0, 0))
    found = let_in(there, patron=place.identifier, pin=change.old)
    if isinstance(found, Refused):
        return found
    choose_pin(act, patron_id, change.new, but=change.token, realm=change.realm)
    return None
