"""Telling partners what has happened: from the outbox of circulation to their addresses.

A message is written when it is sent first, and the same bytes are sent until it is confirmed: a
partner that has read it, and whose confirmation was lost, knows it again. A partner that cannot be
reached, keeps us out or has a failure of its own is tried again; what it refuses is not sent again,
and somebody here reads of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from catalogue.database import Database
from catalogue.records import fetch_records
from circulation.callers.partners import PARTNERS
from circulation.interlending.asking import answered
from circulation.interlending.exchanges import Exchanged
from circulation.interlending.notices import (
    PartnerNotice,
    PartnerNoticeKind,
    claim_notice,
    keep_document,
    notice_dropped,
    notice_failed,
    notice_sent,
    partners_to_tell,
)
from circulation.interlending.remarks import RemarkKind, note_remark
from circulation.interlending.rows import loan_by_id
from circulation.interlending.states import Role
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import find_branch
from protocols.hosting.answering import Context
from protocols.iso18626.client import Answer, Unreachable, headers_for, post
from protocols.iso18626.codec import decode_confirmation, encode
from protocols.iso18626.outgoing import Telling, is_told, message_of
from protocols.iso18626.partners import Partners
from protocols.iso18626.settings import PROTOCOL, Partner
from protocols.iso18626.subjects import desk_of

log = logging.getLogger(__name__)

T = TypeVar("T")

#: `Journal.note`, for any thread.
Note = Callable[[Exchanged], object]
#: Sends a document to an address, with further headers (`client.post`). Raises Unreachable.
Post = Callable[[str, bytes, Mapping[str, str]], Answer]
#: Statuses of HTTP after which the same message is never taken.
_FINAL = frozenset({400, 405, 406, 413, 415, 422})


class Letter(NamedTuple):
    """A notice as it goes out."""

    notice: PartnerNotice
    partner: Partner
    service: str
    request_id: str
    document: bytes


class Result(NamedTuple):
    """What became of a letter: it was taken, is tried again, or is refused for good."""

    outcome: str
    is_over: bool
    is_refused: bool = False


class Teller:
    """What partners are told, and what becomes of it. Its methods block.

    `note` puts each exchange into the log. Partners are verified by the system's authorities.
    """

    def __init__(
        self,
        database: Database,
        circulation: Circulation,
        partners: Partners,
        clock: Callable[[], datetime],
        note: Note,
        post: Post = post,
    ) -> None:
        self._database = database
        self._circulation = circulation
        self._partners = partners
        self._clock = clock
        self._note = note
        self._post = post
        self.is_stopping = False

    def due(self, context: Context) -> list[str]:
        """The partners of this protocol for whom something may be sent now."""
        known = PARTNERS.of(context.circulation.current_set_up(context.transaction))
        found = partners_to_tell(context.transaction, now=context.now)
        return [each for each in found if each in known and known[each].protocol == PROTOCOL]

    def tell(self, partner: str) -> int:
        """Sends all that is due to a partner; returns the number of notices dealt with."""
        done = 0
        while not self.is_stopping:
            letter = self._write(lambda context: self._claimed(partner, context))
            if letter is None:
                break
            done += 1
            if isinstance(letter, Letter) and not self._told(letter):
                break
        return done

    def _write(self, work: Callable[[Context], T]) -> T:
        now = self._clock()
        return self._database.write(
            lambda transaction: work(Context(transaction, self._circulation, now, [])), short=True
        ).result()

    def _claimed(self, key: str, context: Context) -> Letter | PartnerNotice | None:
        """The next notice of a partner; one that nobody needs to hear of comes without a letter."""
        notice = claim_notice(context.transaction, key, context.now)
        if notice is None:
            return None
        self._partners.follow(context)
        partner = self._partners.by_key(key)
        why = ""
        if partner is None:
            why = "no partner"
        elif not is_told(notice.kind, partner, is_borrowed=notice.role == Role.BORROWER.value):
            notice_sent(context.transaction, notice, context.now)
            return notice
        elif not partner.address:
            why = "the partner has no address"
        if partner is None or why:
            notice_dropped(context.transaction, notice, context.now, why)
            _given_up(notice, why, None, context)
            return notice
        try:
            return self._letter(notice, partner, context)
        except ValueError as error:  # what we would send is not valid, and never will be
            log.exception("a notice to %s cannot be written", partner.known_as)
            notice_dropped(context.transaction, notice, context.now, str(error))
            return notice

    def _letter(self, notice: PartnerNotice, partner: Partner, context: Context) -> Letter | None:
        transaction = context.transaction
        branch = find_branch(transaction, isil=partner.branch)
        loan = loan_by_id(transaction, notice.loan_id)
        if branch is None or loan is None:
            raise ValueError("its branch or its loan is gone")
        wanted = notice.facts.get("record")
        records = fetch_records(transaction, [int(wanted)]) if wanted else []
        record = records[0] if records else None
        message: Any = message_of(Telling(notice, loan, partner, branch, context.now, record))
        document = notice.document
        if document is None:
            document = encode(message, partner.spoken)
            keep_document(transaction, notice, document)
        kind = type(message).__name__
        service = kind[:1].lower() + kind[1:]
        return Letter(notice, partner, service, loan.request_id, bytes(document))

    def _told(self, letter: Letter) -> bool:
        """Sends it, and writes down the result; False if it has to be tried again."""
        began = self._clock()
        body = b""
        try:
            answer = self._post(
                letter.partner.address, letter.document, headers_for(letter.partner)
            )
            body = answer.body
            result = _result(answer)
        except Unreachable as error:
            result = Result(str(error), is_over=False)
        self._note(
            Exchanged(
                at=began,
                direction="out",
                partner=letter.partner.key,
                peer=letter.partner.address,
                service=letter.service,
                request_id=letter.request_id,
                outcome=result.outcome,
                request=letter.document,
                answer=body,
            )
        )

        def write_down(context: Context) -> None:
            notice, transaction = letter.notice, context.transaction
            if not result.is_over:
                if not notice_failed(transaction, notice, context.now, result.outcome):
                    _given_up(notice, result.outcome, letter.partner, context)
                return
            problem = "" if not result.is_refused else result.outcome
            notice_sent(transaction, notice, context.now, problem)
            if result.is_refused:
                _given_up(notice, result.outcome, letter.partner, context)

        self._write(write_down)
        return result.is_over


def _result(answer: Answer) -> Result:
    """The status of the confirmation counts, before that of HTTP: some have both say ERROR."""
    if answer.status in _FINAL:
        return Result(f"HTTP {answer.status}", is_over=True, is_refused=True)
    if answer.status >= 300:
        return Result(f"HTTP {answer.status}", is_over=False)
    said = decode_confirmation(answer.body)
    if said is None:
        return Result("no confirmation", is_over=False)
    if said.error is not None:
        outcome = f"{said.error.error_type}: {said.error.error_value}"
        return Result(outcome, is_over=True, is_refused=True)
    return Result("ok", is_over=True)


def _given_up(notice: PartnerNotice, why: str, partner: Partner | None, context: Context) -> None:
    """What was to be told does not get through: somebody here reads of it; who could not be asked
    does not lend."""
    act = context.act() if partner is None else context.act(desk_of(partner, context))
    loan = loan_by_id(context.transaction, notice.loan_id)
    if loan is not None:
        note_remark(act, loan, RemarkKind.REFUSED, f"{notice.kind.value}: {why}")
    if notice.kind is PartnerNoticeKind.ASKED:
        answered(act, notice.loan_id, will_lend=False)
