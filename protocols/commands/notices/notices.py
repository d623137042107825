"""`tiro notices`: every message of a patron, what could not be sent, and why each was made."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from circulation.notices.kinds import NoticeKind
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.notices.acts import COMMANDS, ENTRY
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings

_KINDS = click.Choice([kind.value for kind in NoticeKind])


@click.group(invoke_without_command=True)
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


@notices.command()
@click.option("--waiting", is_flag=True, help="With what has not been tried yet.")
@click.option("--days", type=click.IntRange(1), default=28, show_default=True)
@as_json
@click.pass_obj
@asks("list_queue")
def queue(settings: Settings, waiting: bool, days: int, as_json: bool) -> None:
    """List what could not be sent, what may have been sent, and what waits for another attempt.

    No address, or a channel that failed: `resend` or `withdraw` it. "unsure": the connection broke
    while it was sent: say `sent`, or `resend` it. "waiting": it is sent again at next_attempt.
    """
    with asked(settings) as asker:
        print_answer(asker.ask("list_queue", waiting=waiting, days=days), as_json)


@notices.command()
@as_json
@click.pass_obj
def send(settings: Settings, as_json: bool) -> None:
    """Send what is due now, as the server does every few seconds."""
    from protocols.commands.notices.posting import send_due
    from protocols.commands.shared.library import opened

    with opened(settings) as library:
        say({"sent": 0} | send_due(settings, library), as_json)


@notices.command()
@click.argument("patron", metavar="PATRON")
@as_json
@click.pass_obj
@asks("send_balance")
def balance(settings: Settings, patron: str, as_json: bool) -> None:
    """Send PATRON a statement of all that they owe, now."""
    with asked(settings) as asker:
        print_answer(asker.ask("send_balance", patron=asker.patron(patron)), as_json)


@notices.command()
@click.argument("patron", metavar="PATRON")
@click.argument("kind", type=_KINDS, required=False)
@click.option("--on/--off", "wanted", default=None, help="PATRON wants such messages, or does not.")
@as_json
@click.pass_obj
@asks("change_choice", "show_choices")
def choose(
    settings: Settings, patron: str, kind: str | None, wanted: bool | None, as_json: bool
) -> None:
    """Show or change what PATRON has said of messages of KIND."""
    if (kind is None) != (wanted is None):
        raise click.UsageError("say KIND with --on or --off, or neither")
    with asked(settings) as asker:
        shown = asker.patron(patron)
        if kind is None:
            answer = asker.ask("show_choices", patron=shown)
        else:
            answer = asker.ask("change_choice", patron=shown, kind=kind, wanted=wanted)
    print_answer(answer, as_json)


@notices.command()
@click.argument("batch", required=False)
@click.option("--end", is_flag=True, help="From now on BATCH is told of like everything else.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="Nobody is told of BATCH what comes up before, in UTC.",
)
@as_json
@click.pass_obj
@asks("silence", "end_silence", "list_silent_batches")
def silence(
    settings: Settings, batch: str | None, end: bool, until: datetime | None, as_json: bool
) -> None:
    """List the load batches that nobody is told of, begin or lengthen one, or end its silence.

    `import` makes a batch of all that it reads, `patron add --silent BATCH` and `loan out --silent
    BATCH` add what they make to one.
    """
    if (batch is None) != (until is None and not end) or (end and until is not None):
        raise click.UsageError("say BATCH with --end or --until, or nothing")
    with asked(settings) as asker:
        if batch is not None and until is not None:
            found = asker.ask("silence", batch=batch, until=until.replace(tzinfo=UTC))
        elif batch is not None:
            found = asker.ask("end_silence", batch=batch)
        else:
            found = asker.ask("list_silent_batches")
    print_answer(found, as_json)


@notices.command()
@ENTRY
@as_json
@click.pass_obj
@asks("explain_notice")
def explain(settings: Settings, entry: int, as_json: bool) -> None:
    """Show why MESSAGE was made: what happened, loans and dates, and the rules that decided."""
    with asked(settings) as asker:
        print_answer(asker.ask("explain_notice", notice=entry), as_json)


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
