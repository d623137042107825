"""`tiro ill`: interlibrary loans between systems: wishes, answers, and what is to be read."""

from __future__ import annotations

from datetime import date
from typing import Final

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
@_BRANCH
@as_json
@click.pass_obj
@asks("rank_suppliers")
def who(settings: Settings, wanted: str, patron: str | None, branch: str, as_json: bool) -> None:
    """Say which library would be asked first for a title, or a record of ours, and why.

    Nobody is asked.
    """
    is_record = wanted.isascii() and wanted.isdigit()
    with asked(settings, branch) as asker:
        answer = asker.ask(
            "rank_suppliers",
            title="" if is_record else wanted,
            record=wanted if is_record else None,
            patron=None if patron is None else asker.patron(patron),
        )
    print_answer(answer, as_json)


@ill.command()
@_BRANCH
@as_json
@click.pass_obj
@asks("list_interlibrary_cases")
def cases(settings: Settings, branch: str, as_json: bool) -> None:
    """List what patrons want from other libraries, and who was asked for it."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("list_interlibrary_cases"), as_json)


@ill.command()
@_LOAN
@_BRANCH
@as_json
@click.pass_obj
@asks("accept_terms")
def accept(settings: Settings, loan: int, branch: str, as_json: bool) -> None:
    """Accept what the other library offers: it is asked once more, on its terms."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("accept_terms", loan=str(loan)), as_json)


@ill.command()
@_LOAN
@_BRANCH
@as_json
@click.pass_obj
@asks("decline_terms")
def decline(settings: Settings, loan: int, branch: str, as_json: bool) -> None:
    """Decline what the other library offers: the next is asked."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("decline_terms", loan=str(loan)), as_json)


@ill.command()
@_LOAN
@_BRANCH
@as_json
@click.pass_obj
@asks("cancel_request")
def cancel(settings: Settings, loan: int, branch: str, as_json: bool) -> None:
    """Nobody wants it any more: the library that was asked is told, and no other is."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("cancel_request", loan=str(loan)), as_json)


@ill.command()
@_BRANCH
@as_json
@click.pass_obj
@asks("list_interlibrary_remarks")
def remarks(settings: Settings, branch: str, as_json: bool) -> None:
    """List what somebody should read: notes, terms, what was not taken, contradictions."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("list_interlibrary_remarks"), as_json)


@ill.command()
@click.argument("remark", type=click.IntRange(1))
@_BRANCH
@as_json
@click.pass_obj
@asks("settle_interlibrary_remark")
def settle(settings: Settings, remark: int, branch: str, as_json: bool) -> None:
    """Say that REMARK was seen to."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("settle_interlibrary_remark", remark=str(remark)), as_json)


@ill.command()
@_LOAN
@click.option("--url", default="", help="Where it can be fetched.  [default: it was sent]")
@_BRANCH
@as_json
@click.pass_obj
@asks("supply_to_library")
def supply(settings: Settings, loan: int, url: str, branch: str, as_json: bool) -> None:
    """The copy that another library has asked for is made: tell it."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("supply_to_library", loan=str(loan), url=url), as_json)


@ill.command()
@_LOAN
@click.option("--why", required=True, type=click.Choice([each.value for each in WhyNot]))
@click.option("--note", default="", help="What it is told besides.")
@_BRANCH
@as_json
@click.pass_obj
@asks("refuse_library")
def refuse(settings: Settings, loan: int, why: str, note: str, branch: str, as_json: bool) -> None:
    """Refuse what another library has asked for, and say why."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("refuse_library", loan=str(loan), why=why, note=note), as_json)


@ill.command()
@_LOAN
@click.argument("text")
@_BRANCH
@as_json
@click.pass_obj
@asks("write_to_library")
def write(settings: Settings, loan: int, text: str, branch: str, as_json: bool) -> None:
    """Have the other library read TEXT."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("write_to_library", loan=str(loan), note=text), as_json)


@ill.command()
@_LOAN
@_BRANCH
@as_json
@click.pass_obj
@asks("ask_for_status")
def status(settings: Settings, loan: int, branch: str, as_json: bool) -> None:
    """Ask the other library how far it is with what we have asked it for."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("ask_for_status", loan=str(loan)), as_json)
