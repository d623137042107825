"""`tiro ill`: interlibrary loans between systems: wishes, answers, and what is to be read."""

from __future__ import annotations

from typing import Any, Final

import click

from circulation.interlending.kinds import WhyNot
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.described import Noun, Parameter
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL, PATRON

_BRANCH = click.option("--at", "branch", required=True, type=ISIL, help="ISIL of the branch.")
_LOAN = click.argument("loan", type=click.IntRange(1))


#: Commands that do more than to ask operations, each with its module.
_LATE: Final = {
    "check": "standards.ill_trying",
    "mock": "standards.ill_trying",
    "registry": "standards.ill_registry",
}

ill = Noun(
    "ill",
    help="""Interlibrary loans between systems: wishes, answers, and what is to be read.

    LOAN is the number that `tiro ncip loans` shows, for every protocol.
    """,
    late=_LATE,
)


def _wanted(record: int | None, **wish: Any) -> dict[str, Any]:
    return wish | {"record": None if record is None else str(record)}


ill.ask(
    "ask",
    "ask_for_title",
    "Ask another library for what PATRON wants.",
    PATRON,
    click.option("--title", default="", help="The title that is wanted."),
    click.option("--author", default=""),
    click.option("--number", default="", help="Its ISBN or ISSN."),
    click.option("--record", type=click.IntRange(1), help="A record of ours, in place of a title."),
    click.option("--partner", help="The agency that is asked.  [default: the first that may be]"),
    click.option("--before", "needed_before", type=DAY, help="The last day on which it is of use."),
    _BRANCH,
    wish=_wanted,
)


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


def _add(name: str, operation: str, about: str, *parameters: Parameter) -> None:
    ill.ask(name, operation, about, *parameters, _BRANCH)


_add(
    "cases",
    "list_interlibrary_cases",
    "List what patrons want from other libraries, and who was asked for it.",
)
_add(
    "accept",
    "accept_terms",
    "Accept what the other library offers: it is asked once more, on its terms.",
    _LOAN,
)
_add(
    "decline",
    "decline_terms",
    "Decline what the other library offers: the next is asked.",
    _LOAN,
)
_add(
    "next",
    "ask_next_library",
    "Wait no longer for the library that was asked: it is told, and the next is asked.",
    _LOAN,
)
_add(
    "cancel",
    "cancel_request",
    "Nobody wants it any more: the library that was asked is told, and no other is.",
    _LOAN,
)
_add(
    "log",
    "list_loan_exchanges",
    "List what was exchanged with the other library about a loan.",
    _LOAN,
)
_add(
    "remarks",
    "list_interlibrary_remarks",
    "List what somebody should read: notes, terms, what was not taken, contradictions.",
)
_add(
    "settle",
    "settle_interlibrary_remark",
    "Say that REMARK was seen to.",
    click.argument("remark", type=click.IntRange(1)),
)
_add(
    "supply",
    "supply_to_library",
    "The copy that another library has asked for is made: tell it.",
    _LOAN,
    click.option("--url", default="", help="Where it can be fetched.  [default: it was sent]"),
)
_add(
    "refuse",
    "refuse_library",
    "Refuse what another library has asked for, and say why.",
    _LOAN,
    click.option("--why", required=True, type=click.Choice([each.value for each in WhyNot])),
    click.option("--note", default="", help="What it is told besides."),
)
_add(
    "write",
    "write_to_library",
    "Have the other library read TEXT.",
    _LOAN,
    click.argument("note", metavar="TEXT"),
)
_add(
    "status",
    "ask_for_status",
    "Ask the other library how far it is with what we have asked it for.",
    _LOAN,
)
