"""What staff do about messages: tell again, settle, withdraw, write (subcommands of `notices`)."""

from __future__ import annotations

import click

from circulation.notices.kinds import NoticeKind
from circulation.notices.writing import BY_STAFF
from protocols.commands.asking.described import described
from protocols.commands.shared.values import PATRON

#: The argument of commands on one message.
ENTRY = click.argument("notice", metavar="MESSAGE", type=int)


def _deciding(decision: str, about: str) -> click.Command:
    return described(decision, "decide", about, ENTRY, decision=decision)


COMMANDS = (
    _deciding(
        "resend",
        "Tell it again, from the first channel on, in the words of now and if it is still so.",
    ),
    _deciding("sent", "MESSAGE, of which nobody knew, was sent: you have found out."),
    _deciding("withdraw", "Do not send MESSAGE, or do not list it in the queue any more."),
    described(
        "write",
        "write_notice",
        "Write TEXT to PATRON.",
        PATRON,
        click.argument("text"),
        click.option("--subject"),
        click.option(
            "--type",
            "kind",
            type=click.Choice([kind.value for kind in BY_STAFF]),
            default=NoticeKind.STAFF.value,
            show_default=True,
            help="What kind of message it is: by whose rule, and in which template, it is sent.",
        ),
        click.option("--title", help="Of a purchase, or of what cannot be obtained."),
        click.option(
            "--channel", "channels", multiple=True, help="In place of the rule's; repeatable."
        ),
    ),
)
