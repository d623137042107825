"""Digital Post as a channel for messages to patrons: Digital Post, NemSMS and letters on paper.

Accepted is not delivered: `send` says SENT, and receipts later report what became of a message, for
all channels of this kind, whichever of them gets the receipt.

A message has the same ``messageUUID`` and transaction id however often it is sent, and a second try
that the platform refuses as known is a success. If an earlier try may have been accepted, the
outcome never makes the library write again by another channel: staff decide. Letters have no such
number, so one whose call was not answered goes to staff at once.
"""

from __future__ import annotations

import hmac
import logging
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from circulation.digital_post.receipts import PostReceipt
from circulation.notices.outcomes import MOST_ATTEMPTS
from protocols.digital_post.composing import CannotBePut, Composer, recipient_of
from protocols.digital_post.identities import Identities
from protocols.digital_post.kombipost import Box
from protocols.digital_post.letters import LetterInvalid
from protocols.digital_post.memo.checking import MemoInvalid
from protocols.digital_post.outcomes import (
    Denied,
    PostFailure,
    Rejected,
    Unanswered,
    Unreachable,
    is_repetition,
)
from protocols.digital_post.receipts import (
    ReceiptUnreadable,
    read_pulled,
    read_push,
    report_of,
    write_answer,
)
from protocols.digital_post.routes import Route, open_route, wall_clock
from protocols.digital_post.settings import DigitalPostSettings, What
from protocols.notices.channels import (
    Call,
    Doubtful,
    NotSent,
    Outcome,
    Outgoing,
    Received,
    Report,
    Sent,
    Surroundings,
    TryAgain,
)

log = logging.getLogger(__name__)

#: How long a platform that does not answer is left alone.
PAUSE: Final = timedelta(seconds=30)
_BOXES: Final = {What.DIGITAL_POST: Box.DIGITAL_POST, What.NEMSMS: Box.NEMSMS}
_XML: Final = "application/xml; charset=utf-8"


def identities_of(settings: DigitalPostSettings) -> Identities:
    """The names of a configuration's messages, on which all its channels must agree."""
    return Identities(f"{settings.cvr} {settings.environment} {settings.system}".encode())


class DigitalPostChannel:
    """See the module. `route` is closed after each call, so nothing has to be closed here."""

    def __init__(
        self,
        settings: DigitalPostSettings,
        what: What,
        route: Callable[..., Route],
        fonts: Sequence[Path] = (),
    ) -> None:
        self._settings = settings
        self._what = what
        self._identities = identities_of(settings)
        self._composer = Composer(settings, what, self._identities, fonts)
        self._now: datetime | None = None
        self.route = route(lambda: self._now or wall_clock())
        #: Messages that were tried and certainly not accepted.
        self._untaken: set[int] = set()
        #: Until when the platform is left alone because it could not be reached or did not answer,
        #: so that other channels do not have to wait.
        self._pause: tuple[datetime, str] | None = None
        self._collected = -math.inf

    @property
    def knows_ids(self) -> bool:
        """The platform knows a message by its UUID; print suppliers do not."""
        return self._what in _BOXES

    @property
    def confirms(self) -> bool:
        """Receipts say what has reached a mailbox, or was posted."""
        return True

    @property
    def takes_answers(self) -> bool:
        return False

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        self._now = now
        is_first = message.attempts <= 1 or message.id in self._untaken
        self._untaken.discard(message.id)
        try:
            if self._pause is not None and now < self._pause[0]:
                raise Unreachable("pause", self._pause[1])
            self._pause = None
            outcome = self._tried(message, is_first)
        except (CannotBePut, MemoInvalid, LetterInvalid) as error:
            return NotSent(str(error)) if is_first else Doubtful(f"at a second try: {error}")
        except Unreachable as failure:
            if is_first:
                self._untaken.add(message.id)
            if failure.code != "pause":
                self._rest(now, failure)
            outcome = TryAgain(str(failure))
        except Unanswered as failure:
            self._rest(now, failure)
            is_last = not self.knows_ids or message.attempts >= MOST_ATTEMPTS
            return Doubtful(str(failure)) if is_last else TryAgain(str(failure))
        finally:
            self._now = None
        if isinstance(outcome, TryAgain) and not is_first and message.attempts >= MOST_ATTEMPTS:
            return Doubtful(outcome.why)
        return outcome

    def _rest(self, now: datetime, failure: PostFailure) -> None:
        if isinstance(failure, Denied):
            log.error("Digital Post does not let us in: %s", failure)
        self._pause = (now + PAUSE, str(failure))

    def _tried(self, message: Outgoing, is_first: bool) -> Outcome:
        request = self._composer.request(message)
        trace = self._identities.trace(message.id)
        try:
            box = _BOXES.get(self._what)
            # Somebody who has left meanwhile may have got the first try.
            if box and is_first and not self.route.is_registered(box, recipient_of(message)):
                return NotSent(f"the recipient is not enrolled in {box.value}")
            accepted = self.route.send(request, trace)
        except Rejected as failure:
            return self._refused(failure, trace.transaction_id, is_first)
        if accepted.advice:
            log.info("the platform says of message %s: %s", message.id, accepted.advice)
        return Sent(accepted.transmission_id or trace.transaction_id)

    def _refused(self, failure: Rejected, transaction_id: str, is_first: bool) -> Outcome:
        if is_repetition(failure.code, failure.text):
            return Sent(transaction_id)
        if is_first:
            return NotSent(str(failure))
        return Doubtful(f"an earlier try may have been taken, this one was not: {failure}")

    def collect(self, keep: Callable[[Sequence[Report]], None]) -> int:
        if time.monotonic() < self._collected + self._settings.poll_seconds:
            return 0
        self._collected = time.monotonic()
        now = wall_clock()
        try:
            waiting = self.route.receipts()
        except PostFailure as failure:
            log.warning("receipts cannot be fetched: %s", failure)
            return 0
        named = [(str(each.get("id") or ""), each) for each in waiting]
        kept = 0
        for name, told in named:
            try:
                receipt = read_pulled(told, self._identities.message_id, now)
            except ReceiptUnreadable as error:
                if not name:
                    log.warning("a receipt was passed over: %s", error)
                    continue
                receipt = PostReceipt(f"pull {name}", "", None, "", "", now, error_text=str(error))
            keep([report_of(receipt)])
            kept += 1
            if name:
                try:
                    self.route.done_with(name)
                except PostFailure as failure:  # it comes again, and is known then
                    log.warning("a receipt cannot be deleted: %s", failure)
        return kept

    def receive(self, call: Call) -> Received:
        if not self._settings.callers and self._settings.push_secret is None:
            return Received(404)
        if not self._is_caller(call):
            return Received(403)
        if call.method != "POST":
            return Received(405)
        try:
            receipt = read_push(call.body, self._identities.message_id, call.at)
        except ReceiptUnreadable as error:
            log.warning("a pushed receipt was refused: %s", error)
            return Received(400, _XML, write_answer(False))
        return Received(200, _XML, write_answer(True), reports=[report_of(receipt)])

    def _is_caller(self, call: Call) -> bool:
        if call.names.intersection(self._settings.callers):
            return True
        secret = self._settings.push_secret
        given = call.path.rstrip("/").rpartition("/")[2]
        return secret is not None and hmac.compare_digest(given.encode(), secret.encode())

    def close(self) -> None:
        pass


class DigitalPostDriver:
    """Entry point ``digital_post``."""

    settings = DigitalPostSettings

    def open(
        self, name: str, settings: DigitalPostSettings, around: Surroundings
    ) -> DigitalPostChannel:
        """Raises ValueError if letters lack something, or a file cannot be used."""
        what = settings.what(name)
        return DigitalPostChannel(
            settings,
            what,
            lambda clock: open_route(settings, around.folder, clock),
            around.fonts,
        )


driver = DigitalPostDriver()
