"""From what is due to the channels and back: one turn of the sender.

A turn makes notices of what has happened, claims messages, gives each to its channel and writes
down how that went. One process takes turns at a time (`circulation.kernel.leases`); if it loses its
lease meanwhile, nothing is sent twice: what one has claimed, another passes over.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from catalogue.database import Database, Transaction, Work
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from circulation.notices.claiming import Outgoing, claim
from circulation.notices.gathering import Page, look, tell
from circulation.notices.incoming import answer_text, patrons_with_number
from circulation.notices.outcomes import claim_again, record_all, take_report, take_up_abandoned
from circulation.notices.post import Post
from protocols.notices.channels import (
    Call,
    Channel,
    IncomingText,
    NotSent,
    Outcome,
    Received,
    Report,
    Surroundings,
    TryAgain,
    load_driver,
)
from protocols.notices.settings import NoticeSettings, own_fonts, post_of

T = TypeVar("T")

log = logging.getLogger(__name__)

#: The lease of the process that takes turns.
SENDING: Final = "messages"


class Sender:
    """The open channels of a configuration. `close` it at the end. Raises OSError and ValueError if
    a channel cannot be opened.
    """

    def __init__(
        self, database: Database, circulation: Circulation, settings: NoticeSettings, folder: Path
    ) -> None:
        self._database = database
        self._circulation = circulation
        self._region = settings.region
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._locks: dict[str, threading.Lock] = {}
        self.channels: dict[str, Channel] = {}
        around = Surroundings(folder, database, circulation, own_fonts(settings, folder))
        with ExitStack() as opened:
            for name, channel in settings.channels.items():
                driver = load_driver(channel.driver)
                self.channels[name] = driver.open(name, channel.options, around)
                self._locks[name] = threading.Lock()
                opened.callback(self.channels[name].close)
            opened.pop_all()
        self.post: Post = post_of(settings, folder, self.channels)

    def close(self) -> None:
        """Ends the turn under way after the message that is being sent, and closes the channels."""
        self._stopping.set()
        with self._turn:
            for channel in self.channels.values():
                channel.close()

    def take_turn(self, now: Callable[[], datetime]) -> Counter[str]:
        """Sends everything that is due; returns counts of what was done. `now` is asked before each
        step."""
        with self._turn:
            counts: Counter[str] = Counter()
            counts.update(self._gather(now))
            if self.channels:
                counts.update(self._collect(now))
                counts.update(
                    self._write(lambda each: take_up_abandoned(each, self.post, now=now()))
                )
                counts.update(self._send_due(now))
                if counts["sent"]:
                    counts.update(self._collect(now))  # which makes batches of paper
            return +counts

    def receive(self, channel: str, call: Call) -> Received:
        """Answers a call from a channel's other side once what it says is stored. Raises
        LookupError if there is no such channel.
        """
        with self._locks[channel]:
            received = self.channels[channel].receive(call)
        self.keep_reports(channel, received.reports, call.at)
        for text in received.texts:
            self.take_text(channel, text, call.at)
        return received

    def take_text(self, channel: str, text: IncomingText, now: datetime) -> None:
        """Does what a text asks for, and has it answered."""
        senders = self._database.read(
            lambda transaction: patrons_with_number(transaction, text.sender, self._region),
            wide=True,
        ).result()
        self._database.write(
            lambda transaction: answer_text(
                Act(transaction, self._circulation, UNATTENDED, now),
                name=f"{channel} {text.id}",
                sender=text.sender,
                text=text.text,
                patrons=senders,
                channel=channel,
            )
        ).result()

    def _write(self, work: Work[T], *, short: bool = True) -> T:
        return self._database.write(work, short=short).result()

    def _gather(self, now: Callable[[], datetime]) -> Counter[str]:
        """Reads what has happened without holding up anybody, and writes what comes of it."""
        counts: Counter[str] = Counter()
        after: int | None = 0
        while after is not None:
            at = now()
            page = self._database.read(partial(self._look, at, after), wide=True).result()
            if page.notices:
                counts["notices"] += self._write(partial(self._tell, at, page))
            after = page.goes_on
        return counts

    def _look(self, at: datetime, after: int, transaction: Transaction) -> Page:
        return look(Act(transaction, self._circulation, UNATTENDED, at), after=after)

    def _tell(self, at: datetime, page: Page, transaction: Transaction) -> int:
        return tell(Act(transaction, self._circulation, UNATTENDED, at), page)

    def _collect(self, now: Callable[[], datetime]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for name, channel in self.channels.items():

            def keep(reports: Sequence[Report], name: str = name) -> None:
                self.keep_reports(name, reports, now())

            try:
                with self._locks[name]:
                    counts["reports"] += channel.collect(keep)
            except Exception:  # a channel must not keep the others from being served
                log.exception("channel %s cannot tell what became of its messages", name)
        return counts

    def keep_reports(self, channel: str, reports: Sequence[Report], now: datetime) -> None:
        """Stores what a channel reports on messages, and returns then."""

        def work(transaction: Transaction) -> None:
            for report in reports:
                is_known = take_report(transaction, channel, report, now)
                if not is_known and report.receipt is None:
                    log.warning("channel %s tells of a message that it was not given", channel)

        if reports:
            self._database.write(work).result()

    def _send_due(self, now: Callable[[], datetime]) -> Counter[str]:
        counts: Counter[str] = Counter()
        is_more = True
        while is_more and not self._stopping.is_set():
            at = now()

            def work(transaction: Transaction, at: datetime = at) -> tuple[list[Outgoing], bool]:
                return claim(Act(transaction, self._circulation, UNATTENDED, at), self.post)

            # Texts are made in it, hundreds for one person: too long for the thread that serves.
            outgoing, is_more = self._write(work, short=False)
            counts.update(self._give(outgoing, now))
        at = now()
        again = self._write(
            lambda each: claim_again(Act(each, self._circulation, UNATTENDED, at), self.post),
            short=False,
        )
        counts.update(self._give(again, now))
        return counts

    def _give(self, outgoing: Sequence[Outgoing], now: Callable[[], datetime]) -> Counter[str]:
        """Hands messages to their channels. If a channel might send one twice, its outcome is
        written down before the next is sent."""
        counts: Counter[str] = Counter()
        known: dict[int, Outcome] = {}
        for message in outgoing:
            if self._stopping.is_set():
                known[message.id] = TryAgain("the sender was stopped")
                continue
            outcome = self._outcome(message, now())
            counts[_WORDS.get(type(outcome).__name__, "doubtful")] += 1
            known[message.id] = outcome
            if not self.channels[message.channel].knows_ids:
                self._record({message.id: outcome}, now())
                del known[message.id]
        self._record(known, now())
        return counts

    def _outcome(self, message: Outgoing, now: datetime) -> Outcome:
        channel = self.channels.get(message.channel)
        if channel is None:
            return NotSent("the channel is not configured any more")
        try:
            with self._locks[message.channel]:
                return channel.send(message, now)
        except Exception as error:  # a driver that breaks its promise must not stop the others
            log.exception("channel %s failed", message.channel)
            return TryAgain(f"the driver failed: {type(error).__name__}")

    def _record(self, outcomes: Mapping[int, Outcome], now: datetime) -> None:
        def work(transaction: Transaction) -> None:
            record_all(transaction, outcomes, now)

        if outcomes:
            self._write(work)


_WORDS = {"Sent": "sent", "TryAgain": "postponed", "NotSent": "refused", "Doubtful": "doubtful"}
