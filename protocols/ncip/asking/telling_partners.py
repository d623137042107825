"""Telling partners what has happened: from the outbox of circulation to their addresses.

`Teller.tell` works off the queue of one partner, in a thread, and blocks; each partner has its own
thread, so that a slow one keeps no others waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from catalogue.database import Database, Transaction
from catalogue.records import fetch_records
from circulation.interlending.asking import answered
from circulation.interlending.exchanges import Exchanged
from circulation.interlending.notices import (
    PartnerNotice,
    PartnerNoticeKind,
    claim_notice,
    notice_dropped,
    notice_failed,
    notice_sent,
    partners_to_tell,
)
from circulation.interlending.owners import grant_renewal, refuse_renewal
from circulation.interlending.rows import loan_by_id
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import find_branch
from protocols.hosting.answering import Context
from protocols.ncip.asking.client import NcipClient, NcipUnreachable
from protocols.ncip.asking.outgoing import Telling, message_of
from protocols.ncip.messages import Refusal
from protocols.ncip.models.circulation import RenewItemResponse
from protocols.ncip.partners.journal import outcome_of
from protocols.ncip.partners.partners import Partners
from protocols.ncip.problems.problem_types import OUTCOME_UNKNOWN, ProblemType
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.named import desk_of

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Problems after which the same message may be accepted later.
_PASSING = frozenset({ProblemType.TEMPORARY_PROCESSING_FAILURE.value, OUTCOME_UNKNOWN})
#: Seconds that a partner may take to answer.
TIMEOUT = 20.0

#: `Journal.note`, for any thread.
Note = Callable[[Exchanged], object]


class Teller:
    """What partners are told, and what becomes of their answers. Its methods block.

    `note` puts each exchange into the log. Partners are verified by the system's authorities.
    """

    def __init__(
        self,
        database: Database,
        circulation: Circulation,
        partners: Partners,
        clock: Callable[[], datetime],
        note: Note,
    ) -> None:
        self._database = database
        self._circulation = circulation
        self._partners = partners
        self._clock = clock
        self._note = note
        self.is_stopping = False

    def due(self, context: Context) -> list[str]:
        """The partners for whom something may be sent now: those of no other protocol, so that what
        nobody is to be told any more is dropped as well."""
        self._partners.follow(context)
        found = partners_to_tell(context.transaction, now=context.now)
        return [each for each in found if not self._partners.is_of_another(each, context)]

    def tell(self, partner: str) -> int:
        """Sends all that is due to a partner; returns the number of notices dealt with."""
        done = 0
        client: NcipClient | None = None
        try:
            while not self.is_stopping:
                telling = self._write(lambda context: self._claimed(partner, context))
                if telling is None:
                    break
                done += 1
                if isinstance(telling, PartnerNotice):  # nobody needs to hear of it
                    continue
                if client is None:
                    client = client_of(telling.partner, telling.agency)
                if not self._told(telling, client):
                    break
        finally:
            if client is not None:
                client.close()
        return done

    def _write(self, work: Callable[[Context], T]) -> T:
        now = self._clock()
        return self._database.write(
            lambda transaction: work(Context(transaction, self._circulation, now, [])), short=True
        ).result()

    def _claimed(self, key: str, context: Context) -> Telling | PartnerNotice | None:
        """The next notice of a partner; one that is dropped comes without what is needed to send
        it."""
        notice = claim_notice(context.transaction, key, context.now)
        if notice is None:
            return None
        self._partners.follow(context)
        partner = self._partners.by_key(key)
        if partner is None or not partner.address or not hears(partner, notice.kind):
            why = "no partner" if partner is None else "not agreed with this partner"
            notice_dropped(context.transaction, notice, context.now, why)
            _nobody_lends(notice, context)
            return notice
        branch = find_branch(context.transaction, isil=partner.branch)
        return Telling(
            notice,
            partner,
            branch.agency_isil if branch else partner.branch,
            f"{branch.agency_name}\n{branch.name}" if branch else partner.branch,
            record_wanted(context.transaction, notice),
        )

    def _told(self, telling: Telling, client: NcipClient) -> bool:
        """Sends it, and writes down the result; False if the partner cannot be reached."""
        began = self._clock()
        heard: list[bytes] = []
        client.hear = lambda request, answer: heard.extend((request, answer))
        request = message_of(telling)
        response: Any = None
        try:
            response = client.ask(request)
            outcome = outcome_of(response)
        except NcipUnreachable as error:
            outcome = str(error)
        except ValueError as error:  # what we would send is not valid, and never will be
            log.exception("a notice to %s cannot be written", telling.partner.known_as)
            outcome = str(error)
            response = Refusal(type(request).__name__, ())
        self._note(
            Exchanged(
                at=began,
                direction="out",
                partner=telling.partner.key,
                peer=telling.partner.address,
                service=type(request).__name__,
                request_id=telling.notice.request_id,
                outcome=outcome,
                request=heard[0] if heard else b"",
                answer=heard[1] if heard else b"",
            )
        )
        has_failed = response is None or outcome in _PASSING

        def write_down(context: Context) -> None:
            if has_failed:
                if not notice_failed(context.transaction, telling.notice, context.now, outcome):
                    _nobody_lends(telling.notice, context)
                return
            _take_answer(telling, response, context)
            problem = "" if outcome == "ok" else outcome
            notice_sent(context.transaction, telling.notice, context.now, problem)

        self._write(write_down)
        return not has_failed


def hears(partner: Partner, kind: PartnerNoticeKind) -> bool:
    """Does the partner want to hear of that?"""
    if kind is PartnerNoticeKind.ASKED:
        return partner.takes_requests
    return kind.value in partner.notices


def client_of(partner: Partner, agency: str, timeout: float = TIMEOUT) -> NcipClient:
    """A client that speaks to the partner as our agency."""
    return NcipClient(
        partner.address,
        version=partner.version,
        timeout=timeout,
        agency=agency,
        to_agency=partner.agency,
        agency_scheme=partner.agency_scheme,
        user=partner.address_user,
        secret=partner.address_secret,
        secret_in=partner.address_secret_in,
    )


def record_wanted(transaction: Transaction, notice: PartnerNotice) -> Any:
    """The record of ours that a partner is asked for; None if there is none."""
    wanted = notice.facts.get("record")
    found = fetch_records(transaction, [int(wanted)]) if wanted else []
    return found[0] if found else None


def _nobody_lends(notice: PartnerNotice, context: Context) -> None:
    """A partner that could not be asked will not lend it: nobody waits for its answer any more."""
    if notice.kind is PartnerNoticeKind.ASKED:
        answered(context.act(), notice.loan_id, will_lend=False)


def _take_answer(telling: Telling, response: Any, context: Context) -> None:
    """Does what the answer means for the loan: whether a renewal is granted or a request taken."""
    notice = telling.notice
    is_refused = isinstance(response, Refusal) and bool(response.problem)
    if notice.kind is PartnerNoticeKind.ASKED:
        answered(context.act(), notice.loan_id, will_lend=not is_refused)
        return
    if notice.kind is not PartnerNoticeKind.RENEWAL_ASKED:
        return
    loan = loan_by_id(context.transaction, notice.loan_id)
    if loan is None:
        return
    desk = desk_of(telling.partner, context)
    if is_refused:
        refuse_renewal(context.act(desk), loan)
    elif isinstance(response, RenewItemResponse) and response.item_id is not None:
        grant_renewal(context.act(desk), loan, due=response.date_due)
    # Otherwise it is Pending: ItemRenewed or CirculationStatusUpdated will decide.
