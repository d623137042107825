"""What the commands `jobs` and `notices` share: sending what is due, and saying what would be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import click

from catalogue.database import Transaction
from circulation.jobs.foreseeing import foresee
from circulation.jobs.table import JOBS
from circulation.kernel.leases import Lease, LeaseTaken
from circulation.notices.forecast import Foreseen, forecast
from circulation.notices.kinds import NoticeState
from circulation.notices.outcomes import Report, take_report
from circulation.notices.post import Post
from circulation.patrons.identifiers import known_as
from protocols.commands.shared.library import Library
from protocols.commands.shared.settings import Settings
from protocols.hosting.process_names import this_process
from protocols.notices.printing import PrintChannel
from protocols.notices.sending import SENDING, Sender
from protocols.notices.settings import post_of

#: The lease of who sends as if a later day had come.
_AHEAD = f"{SENDING} ahead"


def post(settings: Settings) -> Post:
    """What messages are made with by the configuration, without opening its channels."""
    configuration = settings.configuration
    return post_of(configuration.notices, configuration.path.parent)


def note_posted(settings: Settings, library: Library, channel: str, batch: str) -> int:
    """Notes that a batch of letters is in the post; how many letters, 0 where that was known.

    Raises LookupError where no channel of that name prints, or has no such batch.
    """
    configuration = settings.configuration
    found = configuration.notices.channels.get(channel)
    if found is None or found.driver != "print":
        raise LookupError(f"no channel {channel} prints letters")
    paper = PrintChannel(configuration.path.parent / found.options.folder)

    def keep(reports: Sequence[Report]) -> None:
        def work(transaction: Transaction) -> None:
            for report in reports:
                take_report(transaction, channel, report, library.now)

        library.write(work)

    return paper.posted(batch, keep)


def send_due(settings: Settings, library: Library) -> dict[str, Any]:
    """One turn of the sender; what it did, counted. Nothing is sent where no channel is set up.

    Nor is it where a server is sending: that is said, and it takes what is due with its next turn.
    On a day that has not come (`any_day`) no server finds anything due, so it is done here.
    """
    configuration = settings.configuration
    present = datetime.now(UTC)
    lease = Lease(SENDING if library.now <= present else _AHEAD, this_process())
    try:
        library.write(lambda transaction: lease.hold(transaction, present))
    except LeaseTaken as taken:
        return {"left to": taken.holder}
    try:
        sender = Sender(
            library.database,
            library.circulation,
            configuration.notices,
            configuration.path.parent,
        )
    except (OSError, ValueError) as error:
        library.release(lease)
        raise click.ClickException(f"[notices] a channel cannot be opened: {error}") from error
    try:
        return dict(sender.take_turn(lambda: library.now))
    finally:
        sender.close()
        library.release(lease)


def foreseen(settings: Settings, library: Library, day: date) -> list[dict[str, Any]]:
    """Who would be told what if all jobs up to `notices` were run for the day, and why."""
    names = list(JOBS)[: list(JOBS).index("notices") + 1]

    def look(transaction: Transaction) -> list[dict[str, Any]]:
        found = forecast(library.act(transaction), post(settings))
        return [_line(transaction, each) for each in found]

    lines: list[dict[str, Any]] = foresee(
        library.circulation, library.database, names, day=day, now=library.now, look=look
    )
    return lines


def _line(transaction: Transaction, each: Foreseen) -> dict[str, Any]:
    planned, first = each.planned, each.notices[0]
    is_sent = planned.state is NoticeState.SENDING
    contents = planned.contents
    return {
        "patron": known_as(transaction, patron_id=first.patron_id or 0),
        "name": each.about.name if each.about else "",
        "to": each.recipient.name if each.recipient else "",
        "type": first.kind.value,
        "state": "would be sent" if is_sent else planned.state.value,
        "channel": planned.channel,
        "address": planned.address,
        "subject": planned.text.subject if planned.text else "",
        "because": planned.why or first.why,
        "later": planned.due,
        "items": [loan.barcode for loan in contents.loans] if contents else [],
        "facts": [notice.facts for notice in each.notices],
    }
