"""`tiro patron change`, `contact`, `guardian`, `consent`: what is changed of a patron at a desk."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.organisation import find_branch
from circulation.kernel.set_up import all_branches
from circulation.patrons.changes import Changes, change_patron, patron_fields
from circulation.patrons.checking import dialled, telephone
from circulation.patrons.consents import Consent, consents_of, give_consent, withdraw_consent
from circulation.patrons.contacts import (
    ContactKind,
    add_contact,
    contacts_of,
    preferences_of,
    remove_contact,
    set_preferences,
    verify_contact,
)
from circulation.patrons.guardians import add_guardian, guardians_of, remove_guardian
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from protocols.commands.patrons.changes import PATRON, Change, contact_facts, done
from protocols.commands.shared.library import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import no_branch
from protocols.commands.shared.values import DAY, ISIL


def _guardian_facts(transaction: Transaction, patron_id: int) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "since": each.since, "sees_account": each.sees_account}
        for each in guardians_of(transaction, patron_id=patron_id)
    ]


def _consent_facts(transaction: Transaction, patron_id: int) -> list[dict[str, Any]]:
    return [
        {"consent": consent.value, "given": given}
        for consent, given in consents_of(transaction, patron_id).items()
    ]


@click.command()
@PATRON
@click.option("--given-name")
@click.option("--family-name")
@click.option("--name", help="How the patron is addressed.  [default: both names]")
@click.option("--born", "birth_date", type=DAY)
@click.option("--email", help="An empty word for none.")
@click.option("--phone", help="An empty word for none.")
@click.option("--language", help="In which the patron is written to: da, en... (ISO 639-1).")
@click.option("--category")
@click.option("--municipality", help="Code of where the patron lives; an empty word for none.")
@click.option("--expires", type=DAY, help="The last day on which they may borrow.")
@click.option("--never-expires", is_flag=True)
@click.option(
    "--protected/--not-protected",
    "is_protected",
    default=None,
    help="Name and address protection: few are told address, telephone and e-mail address.",
)
@click.option("--at", "home", type=ISIL, help="The home branch.")
@click.option("--pickup", type=ISIL, help="Where they fetch their holds, unless they say so.")
@click.option("--interest-days", type=click.IntRange(min=1), help="How long they wait for a hold.")
@as_json
@click.pass_obj
def change(
    settings: Settings,
    /,
    identifier: str,
    expires: date | None,
    never_expires: bool,
    home: str | None,
    pickup: str | None,
    interest_days: int | None,
    as_json: bool,
    **details: Any,
) -> None:
    """Change what is written of a patron. What no option names stays as it is."""
    if expires and never_expires:
        raise click.UsageError("--expires and --never-expires are two things")
    given: dict[str, Any] = {name: each for name, each in details.items() if each is not None}
    if expires or never_expires:
        given["expires"] = expires

    def work(at: Change) -> None:
        changes = Changes(**given)  # type: ignore[typeddict-item]
        if home is not None:
            changes["home_branch_id"] = _branch(at.act.transaction, home)
        change_patron(at.act, at.patron_id, changes)
        chosen = preferences_of(at.act.transaction, at.patron_id)
        if pickup is not None:
            chosen = chosen._replace(pickup_branch_id=_branch(at.act.transaction, pickup))
        if interest_days is not None:
            chosen = chosen._replace(interest_days=interest_days)
        set_preferences(at.act, at.patron_id, chosen)

    done(settings, identifier, as_json, work, _written)


def _branch(transaction: Transaction, isil: str) -> int:
    branch = find_branch(transaction, isil=isil)
    if branch is None:
        raise ValueError(no_branch(transaction, isil))
    return branch.id


def _written(transaction: Transaction, patron_id: int) -> dict[str, Any]:
    fields = patron_fields(transaction, patron_id=patron_id)
    assert fields is not None
    chosen = preferences_of(transaction, patron_id)
    isils = {branch.id: branch.isil for branch in all_branches(transaction)}
    facts = fields._asdict()
    return {
        **{name: facts[name] for name in fields._fields if name != "home_branch_id"},
        "home": isils[fields.home_branch_id],
        "pickup": isils.get(chosen.pickup_branch_id or 0),
        "interest_days": chosen.interest_days,
    }


@click.group()
def contact() -> None:
    """Where a patron can be reached, besides the address and telephone of `patron change`."""


_VALUE = click.argument("value", metavar="ADDRESS")


@contact.command("add")
@PATRON
@click.argument("kind", type=click.Choice([kind.value for kind in ContactKind]))
@_VALUE
@click.option("--without-messages", is_flag=True, help="No message is to go there.")
@as_json
@click.pass_obj
def new_contact(
    settings: Settings,
    identifier: str,
    kind: str,
    value: str,
    without_messages: bool,
    as_json: bool,
) -> None:
    """Add an address, not verified yet."""

    def work(at: Change) -> None:
        add_contact(at.act, at.patron_id, ContactKind(kind), value, notices=not without_messages)

    done(settings, identifier, as_json, work, contact_facts)


@contact.command("verify")
@PATRON
@_VALUE
@as_json
@click.pass_obj
def verify(settings: Settings, identifier: str, value: str, as_json: bool) -> None:
    """The patron has shown that an address is theirs."""

    def work(at: Change) -> None:
        for contact_id in _contact_ids(at, value):
            verify_contact(at.act, at.patron_id, contact_id)

    done(settings, identifier, as_json, work, contact_facts)


@contact.command("remove")
@PATRON
@_VALUE
@as_json
@click.pass_obj
def drop_contact(settings: Settings, identifier: str, value: str, as_json: bool) -> None:
    """Forget an address."""

    def work(at: Change) -> None:
        for contact_id in _contact_ids(at, value):
            remove_contact(at.act, at.patron_id, contact_id)

    done(settings, identifier, as_json, work, contact_facts)


def _contact_ids(at: Change, value: str) -> list[int]:
    known = contacts_of(at.act.transaction, patron_id=at.patron_id)
    number = telephone(value)
    wanted = {value, dialled(number) if number is not None else value}
    found = [each.id for each in known if each.value in wanted]
    if not found:
        raise ValueError("the patron has no such address: `tiro patron show` has them all")
    return found


@click.group()
def guardian() -> None:
    """Who answers for a child: bills and letters go to them."""


_CHILD = click.argument("identifier", metavar="CHILD")
_GUARDIAN = click.argument("other", metavar="GUARDIAN")


@guardian.command("add")
@_CHILD
@_GUARDIAN
@click.option("--sees-account", is_flag=True, help="They may look at the child's loans and holds.")
@as_json
@click.pass_obj
def new_guardian(
    settings: Settings, identifier: str, other: str, sees_account: bool, as_json: bool
) -> None:
    """From now on GUARDIAN answers for CHILD; each is a card number or another identifier."""

    def work(at: Change) -> None:
        add_guardian(
            at.act, at.patron_id, _known(at, other), today=at.today, sees_account=sees_account
        )

    done(settings, identifier, as_json, work, _guardian_facts)


@guardian.command("remove")
@_CHILD
@_GUARDIAN
@as_json
@click.pass_obj
def drop_guardian(settings: Settings, identifier: str, other: str, as_json: bool) -> None:
    """GUARDIAN answers for CHILD no longer."""

    def work(at: Change) -> None:
        guardian_id = _known(at, other)
        if not remove_guardian(at.act, at.patron_id, guardian_id):
            raise ValueError("they did not answer for this patron")

    done(settings, identifier, as_json, work, _guardian_facts)


def _known(at: Change, identifier: str) -> int:
    found = find_patron(at.act.transaction, identifier, key=IDENTIFIERS.of(at.act.circulation))
    if found is None:
        raise ValueError("no patron has the guardian's identifier")
    return found


@click.group()
def consent() -> None:
    """What a patron has consented to."""


_CONSENT = click.argument("kind", type=click.Choice([each.value for each in Consent]))


@consent.command("give")
@PATRON
@_CONSENT
@as_json
@click.pass_obj
def give(settings: Settings, identifier: str, kind: str, as_json: bool) -> None:
    """The patron consents; where they did before, that date stands."""

    def work(at: Change) -> None:
        give_consent(at.act, at.patron_id, Consent(kind))

    done(settings, identifier, as_json, work, _consent_facts)


@consent.command("withdraw")
@PATRON
@_CONSENT
@as_json
@click.pass_obj
def withdraw(settings: Settings, identifier: str, kind: str, as_json: bool) -> None:
    """The patron consents no longer: what it kept is cut from them at once."""

    def work(at: Change) -> None:
        withdraw_consent(at.act, at.patron_id, Consent(kind))

    done(settings, identifier, as_json, work, _consent_facts)


#: For `tiro patron`.
COMMANDS: tuple[click.Command, ...] = (change, contact, guardian, consent)
