"""`tiro notices`: every message of a patron, what could not be sent, and why each was made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from circulation.notices.kinds import NoticeKind
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun
from protocols.commands.notices.acts import COMMANDS, ENTRY
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import PATRON, flag

_KINDS = click.Choice([kind.value for kind in NoticeKind])


@click.group(cls=Noun, invoke_without_command=True)
@click.option("--patron", metavar="PATRON", help="Whose messages are listed, the oldest first.")
@as_json
@click.pass_context
@asks("list_messages")
def notices(context: click.Context, patron: str | None, as_json: bool) -> None:
    """List all messages to a patron, sent or not. The log of look-ups notes that you looked."""
    if context.invoked_subcommand is not None:
        return
    if patron is None:
        raise click.UsageError("name a patron with --patron, or a command")
    with asked(context.obj) as asker:
        print_answer(asker.ask("list_messages", patron=asker.patron(patron)), as_json)


notices.ask(
    "queue",
    "list_queue",
    """List what could not be sent, what may have been sent, and what waits for another attempt.

    No address, or a channel that failed: `resend` or `withdraw` it. "unsure": the connection broke
    while it was sent: say `sent`, or `resend` it. "waiting": it is sent again at next_attempt.
    """,
    flag("--waiting", about="With what has not been tried yet."),
    click.option("--days", type=click.IntRange(1), default=28, show_default=True),
)


@notices.command()
@as_json
@click.pass_obj
def send(settings: Settings, as_json: bool) -> None:
    """Send what is due now, as the server does every few seconds."""
    from protocols.commands.notices.posting import send_due
    from protocols.commands.shared.library import opened

    with opened(settings) as library:
        say({"sent": 0} | send_due(settings, library), as_json)


notices.ask("balance", "send_balance", "Send PATRON a statement of all that they owe, now.", PATRON)


def _chosen(kind: str | None, wanted: bool | None, **wish: Any) -> dict[str, Any]:
    if (kind is None) != (wanted is None):
        raise click.UsageError("say KIND with --on or --off, or neither")
    return wish | {"kind": kind, "wanted": wanted}


@notices.doing(
    "choose",
    "change_choice show_choices",
    PATRON,
    click.argument("kind", type=_KINDS, required=False),
    click.option(
        "--on/--off", "wanted", default=None, help="PATRON wants such messages, or does not."
    ),
    wish=_chosen,
)
def _choose(asker: Asker, patron: str, kind: str | None, wanted: bool | None) -> Any:
    """Show or change what PATRON has said of messages of KIND."""
    if kind is None:
        return asker.ask("show_choices", patron=patron)
    return asker.ask("change_choice", patron=patron, kind=kind, wanted=wanted)


def _silent(batch: str | None, end: bool, until: datetime | None) -> dict[str, Any]:
    if (batch is None) != (until is None and not end) or (end and until is not None):
        raise click.UsageError("say BATCH with --end or --until, or nothing")
    return {"batch": batch, "until": until and until.replace(tzinfo=UTC)}


@notices.doing(
    "silence",
    "silence end_silence list_silent_batches",
    click.argument("batch", required=False),
    flag("--end", about="From now on BATCH is told of like everything else."),
    click.option(
        "--until",
        type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
        help="Nobody is told of BATCH what comes up before, in UTC.",
    ),
    wish=_silent,
)
def _silence(asker: Asker, batch: str | None, until: datetime | None) -> Any:
    """List the load batches that nobody is told of, begin or lengthen one, or end its silence.

    `import` makes a batch of all that it reads, `patron add --silent BATCH` and `loan out --silent
    BATCH` add what they make to one.
    """
    if batch is None:
        return asker.ask("list_silent_batches")
    return asker.ask("end_silence" if until is None else "silence", batch=batch, until=until)


notices.ask(
    "explain",
    "explain_notice",
    "Show why MESSAGE was made: what happened, loans and dates, and the rules that decided.",
    ENTRY,
)


@notices.command()
@click.argument("batch")
@click.option("--channel", default="print", show_default=True, help="The channel that printed it.")
@as_json
@click.pass_obj
def posted(settings: Settings, batch: str, channel: str, as_json: bool) -> None:
    """The letters of BATCH (20270201-0001, as its file is called) are in the post."""
    from protocols.commands.notices.posting import note_posted
    from protocols.commands.shared.library import opened

    with opened(settings) as library:
        try:
            letters = note_posted(settings, library, channel, batch)
        except LookupError as error:
            raise click.ClickException(str(error.args[0])) from error
    say({"batch": batch, "letters": letters}, as_json)


for _command in COMMANDS:
    notices.add_command(_command)
