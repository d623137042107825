"""Writes down what each account has sent, every now and then and at the end."""

from __future__ import annotations

from circulation.callers.terminal_counts import add_counts
from protocols.hosting.answering import Lane, Services
from protocols.hosting.reactor import reactor
from protocols.sip2.terminals.tally import Tally

#: Seconds between two times of writing counts down.
COUNT_SECONDS = 15.0


def written_down(services: Services) -> Tally:
    """A tally that is added to the database from time to time, and at the end."""

    def later() -> None:
        counts = tally.take()
        services.perform(
            Lane.SHORT_WRITE,
            lambda context: add_counts(context.transaction, counts, now=context.now),
            lambda _, error: None if error is None else tally.give_back(counts),
        )

    def at_the_end() -> None:
        counts, now = tally.take(), services.clock()
        services.database.write(lambda transaction: add_counts(transaction, counts, now=now))

    tally = Tally(lambda: reactor.callLater(COUNT_SECONDS, later))
    services.before_close(at_the_end)
    return tally
