"""`tiro patron`: look up, register, change, block, and what the law gives a person a right to."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from circulation.kernel.reasons import BlockReason, IdentifierBlock
from circulation.patrons.kinds import Consent, ContactKind, IdentifierKind, PatronKind
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asker import NULL, Asker
from protocols.commands.asking.described import Noun
from protocols.commands.shared.asking import secret
from protocols.commands.shared.saying import silent
from protocols.commands.shared.values import DAY, ISIL, PATRON, flag

patron = Noun(
    "patron", help="Look up and look after patrons. PATRON is a card number or another identifier."
)
_EXPIRES = click.option("--expires", type=DAY, help="The last day on which they may borrow.")

patron.ask(
    "show",
    "show_patron",
    "Show what is known of a patron. The log of look-ups notes that you looked.",
    PATRON,
)
patron.ask(
    "add",
    "register",
    "Register a patron with a first card. All that cannot be so is told together.",
    click.option("--card", required=True),
    click.option(
        "--cpr", "national_id", help="DDMMYY-SSSS; kept as a hash, tells the day of birth."
    ),
    click.option("--given-name", default="", help="Needed for a person."),
    click.option("--family-name", default="", help="Or the name of a company, group or library."),
    click.option("--at", "home_branch", type=ISIL, required=True, help="The home branch."),
    click.option("--category", required=True),
    click.option(
        "--kind", type=click.Choice([kind.value for kind in PatronKind]), default="person"
    ),
    click.option("--born", "birth_date", type=DAY),
    click.option("--email", default=""),
    click.option("--phone", default=""),
    click.option("--language", help="In which to write to them; without it, that of the house."),
    click.option("--municipality", default="", help="Code of where the patron lives."),
    _EXPIRES,
    click.option("--note", default=""),
    silent,
)


def _print_found(found: Any, as_json: bool) -> None:
    print_answer(found, as_json)
    if not found["is_complete"]:
        click.echo("some patrons are not found by words yet: tiro jobs run patron-search", err=True)


patron.ask(
    "find",
    "search_patrons",
    """Find patrons by any of their names, their address, date of birth, telephone number, e-mail
    address or card, or by the beginning of it. Several words narrow. The log of look-ups notes how
    many were found.""",
    click.argument("words", metavar="TEXT...", nargs=-1, required=True),
    click.option("--at", "branch", type=ISIL, help="Your branch: patrons of its agency go first."),
    click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True),
    click.option("--cursor", metavar="WORD", help="The `next` of the page before."),
    wish=lambda words, **wish: wish | {"text": " ".join(words)},
    printer=_print_found,
)


def _changed(expires: date | None, never_expires: bool, **details: Any) -> dict[str, Any]:
    if expires and never_expires:
        raise click.UsageError("--expires and --never-expires are two things")
    return details | {"expires": NULL if never_expires else expires}


patron.ask(
    "change",
    "change_details",
    "Change what is written of a patron. What no option names stays as it is.",
    PATRON,
    click.option("--given-name"),
    click.option("--family-name"),
    click.option("--name", help="How the patron is addressed.  [default: both names]"),
    click.option("--born", "birth_date", type=DAY),
    click.option("--email", help="An empty word for none."),
    click.option("--phone", help="An empty word for none."),
    click.option("--language", help="In which the patron is written to: da, en... (ISO 639-1)."),
    click.option("--category"),
    click.option("--municipality", help="Code of where the patron lives; an empty word for none."),
    _EXPIRES,
    flag("--never-expires"),
    click.option(
        "--protected/--not-protected",
        "is_protected",
        default=None,
        help="Name and address protection: few are told address, telephone and e-mail address.",
    ),
    click.option("--at", "home_branch", type=ISIL, help="The home branch."),
    wish=_changed,
)


@patron.doing(
    "preferences",
    "change_preferences show_preferences",
    PATRON,
    click.option(
        "--pickup", "pickup_branch", type=ISIL, help="Where they fetch holds, unless they say so."
    ),
    click.option(
        "--interest-days", type=click.IntRange(min=1), help="How long they wait for a hold."
    ),
)
def _preferences(asker: Asker, patron: str, **chosen: Any) -> Any:
    """Show or change what a patron has chosen. What no option names stays as it is."""
    is_looked_at = all(each is None for each in chosen.values())
    operation = "show_preferences" if is_looked_at else "change_preferences"
    return asker.ask(operation, patron=patron, **chosen)


def _pin_of(remove: bool, unlock: bool, **wish: Any) -> dict[str, Any]:
    if remove and unlock:
        raise click.UsageError("--remove and --unlock are two things")
    return wish | {
        "operation": "forgive_wrong_pins" if unlock else "take_pin" if remove else "give_pin"
    }


@patron.doing(
    "pin",
    "give_pin take_pin forgive_wrong_pins",
    PATRON,
    flag("--remove", about="Take the PIN away instead."),
    flag("--unlock", about="End the lock-out after wrong PINs instead."),
    wish=_pin_of,
)
def _pin(asker: Asker, patron: str, operation: str) -> Any:
    """Set a patron's PIN. It is asked for, or read from standard input, never an argument."""
    pin = secret("PIN") if operation == "give_pin" else None
    return asker.ask(operation, patron=patron, pin=pin)


def _absence(first: date | None, last: date | None, end: bool, **wish: Any) -> dict[str, Any]:
    if end and (first or last):
        raise click.UsageError("--end has no days")
    return wish | {"first": first, "last": last, "end": end}


@patron.doing(
    "absent",
    "note_absence end_absence",
    PATRON,
    click.option("--from", "first", type=DAY, help="The first day.  [default: today]"),
    click.option("--until", "last", type=DAY, help="The last.  [default: until further notice]"),
    flag("--end", about="The patron is back."),
    wish=_absence,
)
def _absent(asker: Asker, patron: str, end: bool, **days: date | None) -> Any:
    """A patron is away: their holds are passed over and keep their places."""
    return asker.ask("end_absence" if end else "note_absence", patron=patron, **days)


patron.ask(
    "export",
    "export",
    "Print all that is held on a patron, as JSON in any case. The log of look-ups notes it.",
    PATRON,
    printer=lambda answer, as_json: print_answer(answer, True),
)


@patron.doing("erase", "erase", PATRON, flag("--yes", about="Do not ask."))
def _erase(asker: Asker, patron: str, yes: bool) -> Any:
    """Delete a patron and all that is held on them. Loans stay, and name nobody."""
    if not yes:
        click.confirm("Erase this patron for good?", abort=True, err=True)
    return asker.ask("erase", patron=patron)


@patron.doing(
    "apps",
    "list_apps_of_patron end_app_of_patron",
    PATRON,
    click.option("--end", metavar="ID", help="End one at once: it has to ask again."),
)
def _apps(asker: Asker, patron: str, end: str | None) -> Any:
    """List the apps that a patron has let work in their name."""
    if end is not None:
        asker.ask("end_app_of_patron", patron=patron, app=end)
    return asker.ask("list_apps_of_patron", patron=patron)


_REASON = click.option(
    "--reason",
    type=click.Choice([reason.value for reason in BlockReason]),
    default=BlockReason.OTHER.value,
    show_default=True,
)
_AT = click.option(
    "--at",
    "branch",
    type=ISIL,
    help="A branch of the agency whose block it is.  [default: the patron's home branch]",
)

patron.ask(
    "block",
    "block",
    """Stop a patron from borrowing at one agency, or everywhere.

    A stolen card, a death, and a registration that nobody has seen concern all agencies anyway.
    """,
    PATRON,
    _REASON,
    click.option("--message", default="", help="For staff to read."),
    _AT,
    flag("--everywhere", about="It concerns all agencies, not one."),
    click.option("--ends", type=DAY, help="The day on which it is lifted.  [default: none]"),
)
patron.ask(
    "unblock",
    "unblock",
    "Lift a block of one agency, and one that concerns all. It is no error if there was none.",
    PATRON,
    _REASON,
    _AT,
    wish=lambda reason, **wish: wish | {"reason": BlockReason(reason).name},
)


def _group(name: str, about: str) -> Noun:
    group = Noun(name, help=about)
    patron.add_command(group)
    return group


card = _group(
    "card", "A patron's cards and other identifiers: further ones, lost ones, new ones for old."
)


_OWN = click.argument("patron", metavar="CARD")
_CARD_EXPIRES = click.option("--expires", type=DAY, help="The last day on which it may be used.")
card.ask(
    "add",
    "add_card",
    "Give a patron a further card, or another identifier.",
    PATRON,
    click.argument("identifier", metavar="CARD"),
    click.option(
        "--kind",
        type=click.Choice([kind.value for kind in IdentifierKind]),
        default=IdentifierKind.CARD.value,
        show_default=True,
    ),
    _CARD_EXPIRES,
)
card.ask(
    "block",
    "change_card",
    "Stop a card from being used. The patron's others go on.",
    _OWN,
    click.option(
        "--reason",
        "blocked",
        type=click.Choice([reason.value for reason in IdentifierBlock]),
        default=IdentifierBlock.LOST.value,
        show_default=True,
    ),
    wish=lambda patron, **wish: wish | {"patron": patron, "identifier": patron},
)
card.ask(
    "unblock",
    "change_card",
    "Let a card be used again: it was found.",
    _OWN,
    wish=lambda patron: {"patron": patron, "identifier": patron, "blocked": NULL},
)
card.ask(
    "replace",
    "add_card",
    "Give the patron a new card for this one, which is not to be used any more.",
    _OWN,
    click.argument("identifier", metavar="NEW"),
    _CARD_EXPIRES,
    wish=lambda patron, **wish: wish | {"patron": patron, "replaces": patron},
)
card.ask(
    "expires",
    "change_card",
    "Set the last day on which a card may be used; without a day, for ever.",
    _OWN,
    click.argument("last", metavar="DAY", type=DAY, required=False),
    wish=lambda patron, last: {"patron": patron, "identifier": patron, "expires": last or NULL},
)

address = _group("address", "Where a patron lives, and where for some time only. Letters go there.")


def _messages(without_messages: bool, **wish: Any) -> dict[str, Any]:
    return wish | {"notices": not without_messages}


def _lives(temporary: bool, **wish: Any) -> dict[str, Any]:
    return _messages(**wish) | {"kind": "temporary" if temporary else "home"}


address.ask(
    "add",
    "give_address",
    "Add an address. Remove the one that it takes the place of.",
    PATRON,
    click.option("--lines", default="", help="What comes first: c/o Ida Holm; or all of it."),
    click.option("--street", default=""),
    click.option("--house-number", default="", help="With floor and door: 7, 2. tv."),
    click.option("--postal-code", default=""),
    click.option("--city", default=""),
    click.option(
        "--country", default="", help="ISO 3166-1, such as SE; without it, the library's."
    ),
    flag("--temporary", about="It goes before the home as long as it holds."),
    click.option("--from", "valid_from", type=DAY, help="The first day."),
    click.option("--until", "valid_until", type=DAY, help="The last day."),
    flag("--without-messages", about="No letter is to go there."),
    wish=_lives,
)
address.ask(
    "remove",
    "drop_address",
    "Forget the address with that number: `tiro patron contact list` has it.",
    PATRON,
    click.argument("address", metavar="NUMBER", type=int),
)

contact = _group(
    "contact",
    "Where a patron can be reached, besides the address and telephone of `patron change`.",
)
_VALUE = click.argument("value", metavar="ADDRESS")
contact.ask("list", "list_contacts", "List the ways to a patron, and where they live.", PATRON)
contact.ask(
    "add",
    "give_contact",
    "Add an address, not verified yet.",
    PATRON,
    click.argument("kind", type=click.Choice([kind.value for kind in ContactKind])),
    _VALUE,
    flag("--without-messages", about="No message is to go there."),
    wish=_messages,
)


def _with_contact(name: str, operation: str, about: str) -> None:
    """Add a command for the address that is written so, of whatever kinds."""

    def ask(asker: Asker, patron: str, value: str) -> Any:
        from circulation.patrons.checking import dialled, telephone

        number = telephone(value)
        wanted = {value, dialled(number) if number is not None else value}
        known = asker.ask("list_contacts", patron=patron)["contacts"]
        found = [each["number"] for each in known if each["value"] in wanted]
        if not found:
            raise click.ClickException(
                "the patron has no such address: `tiro patron contact list` has them all"
            )
        return [asker.ask(operation, patron=patron, contact=each) for each in found][-1]

    contact.ask(name, f"{operation} list_contacts", about, PATRON, _VALUE, work=ask)


_with_contact("verify", "verify_contact_of", "The patron has shown that an address is theirs.")
_with_contact("remove", "drop_contact", "Forget an address.")

guardian = _group("guardian", "Who answers for a child: bills and letters go to them.")
_CHILD = click.argument("patron", metavar="CHILD")
_GUARDIAN = click.argument("guardian")
guardian.ask(
    "add",
    "link_guardian",
    "From now on GUARDIAN answers for CHILD; each is a card number or another identifier.",
    _CHILD,
    _GUARDIAN,
    flag("--sees-account", about="They may look at the child's loans and holds."),
)
guardian.ask(
    "remove", "unlink_guardian", "GUARDIAN answers for CHILD no longer.", _CHILD, _GUARDIAN
)

consent = _group("consent", "What a patron has consented to.")
_CONSENT = click.argument("consent", type=click.Choice([each.value for each in Consent]))
consent.ask(
    "give",
    "consent",
    "The patron consents; where they did before, that date stands.",
    PATRON,
    _CONSENT,
)
consent.ask(
    "withdraw",
    "withdraw",
    """Withdraw a consent of a patron.

    Without keep_history every loan that has ended is forgotten at once, except while the patron
    owes money or an item is missing.
    """,
    PATRON,
    _CONSENT,
)
