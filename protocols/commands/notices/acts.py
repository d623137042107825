"""What staff do about messages: tell again, settle, withdraw, write (subcommands of `notices`)."""

from __future__ import annotations

from typing import Any

import click

from circulation.notices.kinds import NoticeKind
from circulation.notices.writing import BY_STAFF
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings

#: The argument of commands on one message.
ENTRY = click.argument("entry", metavar="MESSAGE", type=int)


def _deciding(decision: str, about: str) -> click.Command:
    @click.command(decision, help=about)
    @ENTRY
    @as_json
    @click.pass_obj
    @asks("decide")
    def command(settings: Settings, entry: int, as_json: bool) -> None:
        with asked(settings) as asker:
            print_answer(asker.ask("decide", notice=entry, decision=decision), as_json)

    return command


_RESEND = "Tell it again, from the first channel on, in the words of now and if it is still so."
_SENT = "MESSAGE, of which nobody knew, was sent: you have found out."
_WITHDRAW = "Do not send MESSAGE, or do not list it in the queue any more."


@click.command()
@click.argument("patron", metavar="PATRON")
@click.argument("text")
@click.option("--subject")
@click.option(
    "--type",
    "kind",
    type=click.Choice([kind.value for kind in BY_STAFF]),
    default=NoticeKind.STAFF.value,
    show_default=True,
    help="What kind of message it is: by whose rule, and in which template, it is sent.",
)
@click.option("--title", help="Of a purchase, or of what cannot be obtained.")
@click.option("--channel", "channels", multiple=True, help="In place of the rule's; repeatable.")
@as_json
@click.pass_obj
@asks("write_notice")
def write(settings: Settings, /, patron: str, as_json: bool, **said: Any) -> None:
    """Write TEXT to PATRON."""
    with asked(settings) as asker:
        print_answer(asker.ask("write_notice", patron=asker.patron(patron), **said), as_json)


COMMANDS = (
    _deciding("resend", _RESEND),
    _deciding("sent", _SENT),
    _deciding("withdraw", _WITHDRAW),
    write,
)
