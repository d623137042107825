"""`tiro ill`: interlibrary loans between systems: wishes, answers, and what is to be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import click

from circulation.interlending.kinds import WhyNot
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.late import LateGroup
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL

_BRANCH = click.option("--at", "branch", required=True, type=ISIL, help="ISIL of the branch.")
_LOAN = click.argument("loan", type=click.IntRange(1))


#: Commands that do more than to ask operations, each with its module.
_LATE: Final = {
    "check": "standards.ill_trying",
    "mock": "standards.ill_trying",
    "registry": "standards.ill_registry",
}


@click.group(cls=LateGroup, late=_LATE)
def ill() -> None:
    """Interlibrary loans between systems: wishes, answers, and what is to be read.

    LOAN is the number that `tiro ncip loans` shows, for every protocol.
    """


@ill.command("ask")
@click.argument("patron")
@click.option("--title", default="", help="The title that is wanted.")
@click.option("--author", default="")
@click.option("--number", default="", help="Its ISBN or ISSN.")
@click.option("--record", type=click.IntRange(1), help="A record of ours, in place of a title.")
@click.option("--partner", help="The agency that is asked.  [default: the first that may be]")
@click.option("--before", type=DAY, help="The last day on which it is of use.")
@_BRANCH
@as_json
@click.pass_obj
@asks("ask_for_title")
def ask(
    settings: Settings,
    patron: str,
    title: str,
    author: str,
    number: str,
    record: int | None,
    partner: str | None,
    before: date | None,
    branch: str,
    as_json: bool,
) -> None:
    """Ask another library for what PATRON wants."""
    with asked(settings, branch) as asker:
        answer = asker.ask(
            "ask_for_title",
            patron=asker.patron(patron),
            title=title,
            author=author,
            number=number,
            record=None if record is None else str(record),
            partner=partner,
            needed_before=before,
        )
    print_answer(answer, as_json)


@ill.command("who")
@click.argument("wanted", metavar="TITLE|RECORD")
@click.option("--patron", help="For whom: the rules may say otherwise for each.")
@click.option("--look", is_flag=True, help="Ask their catalogues whether they have it in.")
@_BRANCH
@as_json
@click.pass_obj
@asks("rank_suppliers")
def who(
    settings: Settings, wanted: str, patron: str | None, look: bool, branch: str, as_json: bool
) -> None:
    """Say which library would be asked first for a title, or a record of ours, and why.

    Nobody is asked for it. With --look their catalogues are asked whether it is in; else what the
    last wish for this title has found out counts.
    """
    is_record = wanted.isascii() and wanted.isdigit()
    if look:
        from protocols.commands.standards.ill_looking import looked

        print_answer(looked(settings, wanted, patron, branch), as_json)
        return
    with asked(settings, branch) as asker:
        answer = asker.ask(
            "rank_suppliers",
            title="" if is_record else wanted,
            record=wanted if is_record else None,
            patron=None if patron is None else asker.patron(patron),
        )
    print_answer(answer, as_json)


def _asking(
    name: str, operation: str, about: str, *parameters: Callable[[Any], Any], **named: str
) -> None:
    """A command that asks an operation and prints the answer. Its parameters are those of the
    operation, or are `named` otherwise there."""

    def ask(settings: Settings, branch: str, as_json: bool, **said: Any) -> None:
        given = {
            named.get(each, each): str(value) if isinstance(value, int) else value
            for each, value in said.items()
        }
        with asked(settings, branch) as asker:
            print_answer(asker.ask(operation, **given), as_json)

    command = asks(operation)(ask)
    for each in (click.pass_obj, as_json, _BRANCH, *reversed(parameters)):
        command = each(command)
    ill.command(name, help=about)(command)


_asking(
    "cases",
    "list_interlibrary_cases",
    "List what patrons want from other libraries, and who was asked for it.",
)
_asking(
    "accept",
    "accept_terms",
    "Accept what the other library offers: it is asked once more, on its terms.",
    _LOAN,
)
_asking(
    "decline",
    "decline_terms",
    "Decline what the other library offers: the next is asked.",
    _LOAN,
)
_asking(
    "next",
    "ask_next_library",
    "Wait no longer for the library that was asked: it is told, and the next is asked.",
    _LOAN,
)
_asking(
    "cancel",
    "cancel_request",
    "Nobody wants it any more: the library that was asked is told, and no other is.",
    _LOAN,
)
_asking(
    "log",
    "list_loan_exchanges",
    "List what was exchanged with the other library about a loan.",
    _LOAN,
)
_asking(
    "remarks",
    "list_interlibrary_remarks",
    "List what somebody should read: notes, terms, what was not taken, contradictions.",
)
_asking(
    "settle",
    "settle_interlibrary_remark",
    "Say that REMARK was seen to.",
    click.argument("remark", type=click.IntRange(1)),
)
_asking(
    "supply",
    "supply_to_library",
    "The copy that another library has asked for is made: tell it.",
    _LOAN,
    click.option("--url", default="", help="Where it can be fetched.  [default: it was sent]"),
)
_asking(
    "refuse",
    "refuse_library",
    "Refuse what another library has asked for, and say why.",
    _LOAN,
    click.option("--why", required=True, type=click.Choice([each.value for each in WhyNot])),
    click.option("--note", default="", help="What it is told besides."),
)
_asking(
    "write",
    "write_to_library",
    "Have the other library read TEXT.",
    _LOAN,
    click.argument("text"),
    text="note",
)
_asking(
    "status",
    "ask_for_status",
    "Ask the other library how far it is with what we have asked it for.",
    _LOAN,
)
