"""`tiro notices`: every message of a patron, what could not be sent, and why each was made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from catalogue.database import Transaction
from circulation.digital_post.receipts import receipts_of
from circulation.kernel.rules import scope_of
from circulation.notices.choices import NotOptional, choices_of, choose
from circulation.notices.explaining import ExplainedCause, explain_message
from circulation.notices.kinds import NoticeKind
from circulation.notices.log import Logged, log_of, queue
from circulation.notices.requests import addressee
from circulation.notices.rules import notice_terms
from circulation.notices.silence import begin_silent_batch, end_silent_batch, silent_batch_list
from circulation.notices.writing import state_balance
from circulation.patrons.identifiers import known_as
from circulation.staff.lookups import Seen
from protocols.commands.notices.acts import COMMANDS, ENTRY
from protocols.commands.notices.posting import post, posted, send_due
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.wording import Money, with_money

_KINDS = click.Choice([kind.value for kind in NoticeKind])


@click.group(invoke_without_command=True)
@click.option("--patron", metavar="PATRON", help="Whose messages are listed, the oldest first.")
@as_json
@click.pass_context
def notices(context: click.Context, patron: str | None, as_json: bool) -> None:
    """List all messages to a patron, sent or not. The log of look-ups notes that you looked."""
    if context.invoked_subcommand is not None:
        return
    if patron is None:
        raise click.UsageError("name a patron with --patron, or a command")
    with opened(context.obj) as library:
        patron_id = library.patron(patron, Seen.MESSAGES)
        said = library.read(lambda transaction: _log(transaction, patron_id))
    say(said, as_json)


def _log(transaction: Transaction, patron_id: int) -> list[dict[str, Any]]:
    return [_facts(transaction, each) for each in log_of(transaction, patron_id)]


def _facts(transaction: Transaction, entry: Logged) -> dict[str, Any]:
    def card(patron_id: int | None) -> str | None:
        return None if patron_id is None else known_as(transaction, patron_id=patron_id)

    return {
        "id": entry.id,
        "patron": card(entry.patron_id),
        "recipient": card(entry.recipient_id),
        "type": entry.kind.value,
        "channel": entry.channel,
        "address": entry.address,
        "state": entry.state.value,
        "created": entry.created,
        "due": entry.due,
        "sent": entry.sent,
        "changed": entry.changed,
        "attempts": entry.attempts,
        "why": entry.why,
        "language": entry.language,
        "template": entry.template,
        "subject": entry.subject,
        "text": entry.text,
        "receipts": [
            {"at": each.at, "status": each.status, "error": each.error_text}
            for each in (receipts_of(transaction, [entry.id]) if entry.channel else ())
        ],
    }


@notices.command("queue")
@click.option("--waiting", is_flag=True, help="With what will be sent by itself.")
@click.option("--days", type=click.IntRange(1), default=28, show_default=True)
@as_json
@click.pass_obj
def queue_(settings: Settings, waiting: bool, days: int, as_json: bool) -> None:
    """List what could not be sent, and what may have been sent, or not.

    No address, or a channel that failed: `resend` or `withdraw` it. "unsure": the connection broke
    while it was sent: say `sent`, or `resend` it.
    """
    with opened(settings) as library:
        said = library.read(
            lambda transaction: [
                _facts(transaction, each)
                for each in queue(transaction, now=library.now, days=days, with_waiting=waiting)
            ]
        )
    say(said, as_json)


@notices.command()
@as_json
@click.pass_obj
def send(settings: Settings, as_json: bool) -> None:
    """Send what is due now, as the server does every few seconds."""
    with opened(settings) as library:
        say({"sent": 0} | send_due(settings, library), as_json)


@notices.command()
@click.argument("patron", metavar="PATRON")
@as_json
@click.pass_obj
def balance(settings: Settings, patron: str, as_json: bool) -> None:
    """Send PATRON a statement of all that they owe, now."""
    with opened(settings) as library:
        patron_id = library.patron(patron)
        made = library.write(
            lambda transaction: state_balance(
                library.act(transaction), patron_id=patron_id, actor=library.actor
            )
        )
    say({"notices": made}, as_json)


@notices.command("choose")
@click.argument("patron", metavar="PATRON")
@click.argument("kind", type=_KINDS, required=False)
@click.option("--on/--off", "wanted", default=None, help="PATRON wants such messages, or does not.")
@as_json
@click.pass_obj
def choose_(
    settings: Settings, patron: str, kind: str | None, wanted: bool | None, as_json: bool
) -> None:
    """Show or change what PATRON has said of messages of KIND."""
    if (kind is None) != (wanted is None):
        raise click.UsageError("say KIND with --on or --off, or neither")
    with opened(settings) as library:
        patron_id = library.patron(patron)

        def work(transaction: Transaction) -> dict[NoticeKind, bool]:
            if kind is not None and wanted is not None:
                person = addressee(transaction, patron_id=patron_id)
                assert person is not None
                set_up = library.circulation.current_set_up(transaction)
                chosen = NoticeKind(kind)
                terms = notice_terms(set_up, person.home_branch_id, person.category, chosen)
                choose(library.act(transaction), patron_id, chosen, wanted=wanted, terms=terms)
            return choices_of(transaction, patron_id)

        try:
            found = library.write(work)
        except NotOptional as error:
            raise click.ClickException(str(error)) from error
    say([{"type": each.value, "wanted": is_wanted} for each, is_wanted in found.items()], as_json)


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
def silence(
    settings: Settings, batch: str | None, end: bool, until: datetime | None, as_json: bool
) -> None:
    """List the load batches that nobody is told of, begin or lengthen one, or end its silence.

    `import` makes a batch of all that it reads, `patron add --silent BATCH` and `loan out --silent
    BATCH` add what they make to one.
    """
    if (batch is None) != (until is None and not end) or (end and until is not None):
        raise click.UsageError("say BATCH with --end or --until, or nothing")
    with opened(settings) as library:
        if batch is not None and until is not None:
            moment = until.replace(tzinfo=UTC)
            library.write(lambda each: begin_silent_batch(each, batch, until=moment))
        elif batch is not None and not library.write(lambda each: end_silent_batch(each, batch)):
            raise click.ClickException(f"there is no silent batch {batch}")
        found = library.read(silent_batch_list)
    say([each._asdict() for each in found], as_json)


@notices.command()
@ENTRY
@as_json
@click.pass_obj
def explain(settings: Settings, entry: int, as_json: bool) -> None:
    """Show why MESSAGE was made: what happened, loans and dates, and the rules that decided."""
    with opened(settings) as library:

        def look(transaction: Transaction) -> dict[str, Any] | None:
            found = explain_message(library.act(transaction), post(settings), entry)
            if found is None:
                return None
            facts = _facts(transaction, found.entry)
            return facts | {"tells": [_cause_facts(each) for each in found.causes]}

        facts = library.read(look)
    if facts is None:
        raise click.ClickException(f"there is no message {entry}")
    if as_json:
        say(facts, True)
        return
    causes = facts.pop("tells")
    say(facts, False)
    for each in causes:
        click.echo()
        say(each, False)


def _cause_facts(cause: ExplainedCause) -> dict[str, Any]:
    event, about = cause.event, cause.about
    return {
        "notice": cause.notice.id,
        "event": None
        if event is None
        else {"id": event.id, "kind": event.kind, "at": event.at, "actor": event.actor},
        "facts": with_money(cause.notice.facts),
        "loans": [
            {
                "item": loan.barcode,
                "title": loan.title,
                "branch": loan.branch,
                "lent": loan.checked_out,
                "due": loan.due,
                "renewals": loan.renewals,
                "returned": loan.checked_in,
            }
            for loan in about.loans
        ],
        "holds": [
            {"hold": hold.id, "title": hold.title, "branch": hold.branch} for hold in about.holds
        ],
        "charges": [
            {
                "charge": each.id,
                "type": each.kind,
                "amount": Money(each.amount, each.currency),
                "balance": Money(each.balance, each.currency),
                "currency": each.currency,
            }
            for each in about.charges
        ],
        "bookings": [{"booking": each.id, "title": each.title} for each in about.bookings],
        "branch": cause.branch.isil,
        "rules": {
            part.field: {
                "value": part.value,
                "rule": part.rule and scope_of(part.rule, cause.branch),
            }
            for part in cause.fields
        },
        "channels": [
            {
                "recipient": way.recipient,
                "channel": way.channel,
                "configured": way.is_configured,
                "address": way.address,
                "failed": way.has_failed,
            }
            for way in cause.ways
        ],
        "now": None
        if cause.next is None
        else {
            "state": cause.next.state.value,
            "why": cause.next.why,
            "channel": cause.next.channel,
            "later": cause.next.due,
        },
    }


for _command in (*COMMANDS, posted):
    notices.add_command(_command)
