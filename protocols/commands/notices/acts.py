"""What staff do about messages: tell again, settle, withdraw, write (subcommands of `notices`)."""

from __future__ import annotations

from collections.abc import Callable

import click

from catalogue.database import Transaction
from circulation.notices.kinds import NoticeKind
from circulation.notices.log import NotPossible, resend, settle_as_sent, withdraw
from circulation.notices.writing import BY_STAFF, Words, write_to
from protocols.commands.shared.library import Library, as_json, opened, say, tell
from protocols.commands.shared.settings import Settings

#: The argument of commands on one message.
ENTRY = click.argument("entry", metavar="MESSAGE", type=int)


def _decide(
    settings: Settings,
    entry: int,
    decision: str,
    work: Callable[[Library, Transaction], object],
    json_wanted: bool,
) -> None:
    """People are told nothing where it is done."""
    with opened(settings) as library:
        try:
            library.write(lambda transaction: work(library, transaction))
        except (LookupError, NotPossible) as error:
            raise click.ClickException(str(error.args[0])) from error
    if json_wanted:
        say({"message": entry, "decision": decision}, True)


@click.command("resend")
@ENTRY
@as_json
@click.pass_obj
def resend_(settings: Settings, entry: int, as_json: bool) -> None:
    """Tell it again, from the first channel on, in the words of now and if it is still so."""
    _decide(
        settings,
        entry,
        "resend",
        lambda library, transaction: resend(
            transaction, entry, actor=library.actor, now=library.now
        ),
        as_json,
    )


@click.command()
@ENTRY
@as_json
@click.pass_obj
def sent(settings: Settings, entry: int, as_json: bool) -> None:
    """MESSAGE, of which nobody knew, was sent: you have found out."""
    _decide(
        settings,
        entry,
        "sent",
        lambda library, transaction: settle_as_sent(
            transaction, entry, actor=library.actor, now=library.now
        ),
        as_json,
    )


@click.command("withdraw")
@ENTRY
@as_json
@click.pass_obj
def withdraw_(settings: Settings, entry: int, as_json: bool) -> None:
    """Do not send MESSAGE, or do not list it in the queue any more."""
    _decide(
        settings,
        entry,
        "withdraw",
        lambda library, transaction: withdraw(
            transaction, entry, actor=library.actor, now=library.now
        ),
        as_json,
    )


@click.command()
@click.argument("patron", metavar="PATRON")
@click.argument("text")
@click.option("--subject", default="")
@click.option(
    "--type",
    "kind",
    type=click.Choice([kind.value for kind in BY_STAFF]),
    default=NoticeKind.STAFF.value,
    show_default=True,
    help="What kind of message it is: by whose rule, and in which template, it is sent.",
)
@click.option("--title", default="", help="Of a purchase, or of what cannot be obtained.")
@click.option("--channel", "channels", multiple=True, help="In place of the rule's; repeatable.")
@as_json
@click.pass_obj
def write(
    settings: Settings,
    /,
    patron: str,
    text: str,
    subject: str,
    kind: str,
    title: str,
    channels: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write TEXT to PATRON."""
    if kind == NoticeKind.CANNOT_BE_OBTAINED.value and not title:
        raise click.UsageError("name what cannot be obtained with --title")
    with opened(settings) as library:
        patron_id = library.patron(patron)
        made = library.write(
            lambda transaction: write_to(
                library.act(transaction),
                Words(text=text, subject=subject, title=title),
                patron_id=patron_id,
                kind=NoticeKind(kind),
                actor=library.actor,
                channels=channels or None,
            )
        )
    if made is None:
        raise click.ClickException("no rule names a channel for such messages: use --channel")
    tell(f"{made}", {"message": made}, as_json)


COMMANDS = (resend_, sent, withdraw_, write)
