"""`tiro patron change`, `preferences`, `contact`, `guardian`, `consent`: what a desk changes."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from circulation.patrons.kinds import Consent, ContactKind
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import NULL
from protocols.commands.patrons.changes import PATRON, of_patron
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL


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
@click.option("--at", "home_branch", type=ISIL, help="The home branch.")
@as_json
@click.pass_obj
@asks("change_details")
def change(
    settings: Settings,
    /,
    identifier: str,
    expires: date | None,
    never_expires: bool,
    as_json: bool,
    **details: Any,
) -> None:
    """Change what is written of a patron. What no option names stays as it is."""
    if expires and never_expires:
        raise click.UsageError("--expires and --never-expires are two things")
    details["expires"] = NULL if never_expires else expires
    of_patron(settings, identifier, "change_details", as_json, **details)


@click.command()
@PATRON
@click.option(
    "--pickup", "pickup_branch", type=ISIL, help="Where they fetch holds, unless they say so."
)
@click.option("--interest-days", type=click.IntRange(min=1), help="How long they wait for a hold.")
@as_json
@click.pass_obj
@asks("change_preferences", "show_preferences")
def preferences(settings: Settings, /, identifier: str, as_json: bool, **chosen: Any) -> None:
    """Show or change what a patron has chosen. What no option names stays as it is."""
    is_looked_at = all(each is None for each in chosen.values())
    operation = "show_preferences" if is_looked_at else "change_preferences"
    of_patron(settings, identifier, operation, as_json, **chosen)


@click.group()
def contact() -> None:
    """Where a patron can be reached, besides the address and telephone of `patron change`."""


_VALUE = click.argument("value", metavar="ADDRESS")


@contact.command("list")
@PATRON
@as_json
@click.pass_obj
@asks("list_contacts")
def list_(settings: Settings, identifier: str, as_json: bool) -> None:
    """List the ways to a patron, and where they live."""
    of_patron(settings, identifier, "list_contacts", as_json)


@contact.command("add")
@PATRON
@click.argument("kind", type=click.Choice([kind.value for kind in ContactKind]))
@_VALUE
@click.option("--without-messages", is_flag=True, help="No message is to go there.")
@as_json
@click.pass_obj
@asks("give_contact")
def new_contact(
    settings: Settings,
    identifier: str,
    kind: str,
    value: str,
    without_messages: bool,
    as_json: bool,
) -> None:
    """Add an address, not verified yet."""
    wish: dict[str, Any] = {"kind": kind, "value": value, "notices": not without_messages}
    of_patron(settings, identifier, "give_contact", as_json, **wish)


@contact.command("verify")
@PATRON
@_VALUE
@as_json
@click.pass_obj
@asks("verify_contact_of", "list_contacts")
def verify(settings: Settings, identifier: str, value: str, as_json: bool) -> None:
    """The patron has shown that an address is theirs."""
    _with_contact(settings, identifier, value, "verify_contact_of", as_json)


@contact.command("remove")
@PATRON
@_VALUE
@as_json
@click.pass_obj
@asks("drop_contact", "list_contacts")
def drop_contact(settings: Settings, identifier: str, value: str, as_json: bool) -> None:
    """Forget an address."""
    _with_contact(settings, identifier, value, "drop_contact", as_json)


def _with_contact(
    settings: Settings, identifier: str, value: str, operation: str, as_json: bool
) -> None:
    """Asks the operation with the address that is written so, of whatever kinds."""
    from circulation.patrons.checking import dialled, telephone

    number = telephone(value)
    wanted = {value, dialled(number) if number is not None else value}
    with asked(settings) as asker:
        patron = asker.patron(identifier)
        known = asker.ask("list_contacts", patron=patron)["contacts"]
        found = [each["number"] for each in known if each["value"] in wanted]
        if not found:
            raise click.ClickException(
                "the patron has no such address: `tiro patron contact list` has them all"
            )
        answers = [asker.ask(operation, patron=patron, contact=each) for each in found]
        print_answer(answers[-1], as_json)


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
@asks("link_guardian")
def new_guardian(
    settings: Settings, identifier: str, other: str, sees_account: bool, as_json: bool
) -> None:
    """From now on GUARDIAN answers for CHILD; each is a card number or another identifier."""
    with asked(settings) as asker:
        child, adult = asker.patron(identifier), asker.patron(other)
        wish = {"guardian": adult, "sees_account": sees_account}
        print_answer(asker.ask("link_guardian", patron=child, **wish), as_json)


@guardian.command("remove")
@_CHILD
@_GUARDIAN
@as_json
@click.pass_obj
@asks("unlink_guardian")
def drop_guardian(settings: Settings, identifier: str, other: str, as_json: bool) -> None:
    """GUARDIAN answers for CHILD no longer."""
    with asked(settings) as asker:
        child, adult = asker.patron(identifier), asker.patron(other)
        print_answer(asker.ask("unlink_guardian", patron=child, guardian=adult), as_json)


@click.group()
def consent() -> None:
    """What a patron has consented to."""


_CONSENT = click.argument("kind", type=click.Choice([each.value for each in Consent]))


@consent.command("give")
@PATRON
@_CONSENT
@as_json
@click.pass_obj
@asks("consent")
def give(settings: Settings, identifier: str, kind: str, as_json: bool) -> None:
    """The patron consents; where they did before, that date stands."""
    of_patron(settings, identifier, "consent", as_json, consent=kind)


@consent.command("withdraw")
@PATRON
@_CONSENT
@as_json
@click.pass_obj
@asks("withdraw")
def withdraw(settings: Settings, identifier: str, kind: str, as_json: bool) -> None:
    """Withdraw a consent of a patron.

    Without keep_history every loan that has ended is forgotten at once, except while the patron
    owes money or an item is missing.
    """
    of_patron(settings, identifier, "withdraw", as_json, consent=kind)


#: For `tiro patron`.
COMMANDS: tuple[click.Command, ...] = (change, preferences, contact, guardian, consent)
