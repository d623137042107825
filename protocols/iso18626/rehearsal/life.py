"""Tries a supplier, ours or any other: the whole life of a loan, what goes wrong in one, and what
must be refused. We play the requester, and hear the answers as any requester does."""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from protocols.iso18626.client import Unreachable
from protocols.iso18626.codec import decode_confirmation, encode
from protocols.iso18626.codes import Action, ReasonForMessage, Status
from protocols.iso18626.messages import (
    AgencyId,
    BibliographicInfo,
    Confirmation,
    Message,
    Request,
    RequestingAgencyMessage,
    ServiceInfo,
    SupplyingAgencyMessage,
)
from protocols.iso18626.rehearsal.correspondent import Correspondent, Heard
from protocols.iso18626.rehearsal.validity import faults

#: Statuses that say that it will be lent, or was.
_PROMISED: Final = (Status.WILL_SUPPLY, Status.EXPECT_TO_SUPPLY, Status.LOANED)
_OUT: Final = (Status.LOANED, Status.OVERDUE, Status.RECALLED)
_ENDED: Final = (Status.LOAN_COMPLETED, Status.COMPLETED_WITHOUT_RETURN)
#: What nobody has.
_NOT_HELD: Final = BibliographicInfo(title="Zyxwvu qponml", author="Nemo")


class Row(NamedTuple):
    """Something that was tried: what should hold, whether it does, and what was seen."""

    name: str
    is_good: bool
    seen: str


class _Stopped(Exception):
    """What follows makes no sense."""


@dataclass
class Life:
    """A correspondence with a supplier. `seconds` is how long an answer may take, `patience` how
    long somebody there may take to lend it, and to take it back."""

    correspondent: Correspondent
    info: BibliographicInfo
    seconds: float = 30.0
    patience: float = 600.0
    #: Told when somebody at the other side has something to do.
    ask: Callable[[str], object] = print
    heard: queue.SimpleQueue[Heard] = field(default_factory=queue.SimpleQueue)
    _kept: list[Heard] = field(default_factory=list)
    _given: set[int] = field(default_factory=set)

    def rows(self, *, without_loan: bool = False) -> Iterator[Row]:
        """Tries it all, row by row. `without_loan`: but for what somebody at the other side has to
        do. Raises Unreachable where there is no answer at all at the beginning."""
        yield self._malformed()
        for part in (self._refused, self._cancelled, self._not_held):
            yield from self._whole(part)
        if not without_loan:
            yield from self._whole(self._loan)
        yield self._validity()

    def _whole(self, part: Callable[[], Iterator[Row]]) -> Iterator[Row]:
        try:
            yield from part()
        except _Stopped:
            return
        except Unreachable as error:
            yield Row("the other side answers", False, str(error))

    # What must be refused

    def _malformed(self) -> Row:
        answer = self.correspondent.post(b"<no>")
        said = decode_confirmation(answer.body)
        seen = f"HTTP {answer.status}, {_outcome(said)}"
        is_good = answer.status < 500 and said is not None and said.error is not None
        return Row("what is no message gets an ERROR", is_good, seen)

    def _refused(self) -> Iterator[Row]:
        unknown = self._action(f"CHECK-{secrets.token_hex(6)}", Action.STATUS_REQUEST)
        yield _is_refused("an action on a request that nobody knows", self._send(unknown))
        request = self._request(self.info)
        alien = replace(request.header, requesting_agency_id=AgencyId("XX-NOBODY"))
        said = self._send(replace(request, header=alien))
        yield _is_refused("a request in the name of another agency", said)

    def _not_held(self) -> Iterator[Row]:
        request = self._request(_NOT_HELD)
        yield _is_taken("a request for what nobody has is taken", self._send(request))
        answer = self._answer(request, ReasonForMessage.REQUEST_RESPONSE)
        yield self._status("and Unfilled", answer, (Status.UNFILLED,))
        why = answer.reason_unfilled if answer else ""
        yield Row("with a reason", bool(why), why or "none")

    # A request that is cancelled

    def _cancelled(self) -> Iterator[Row]:
        request = self._request(self.info)
        said = self._send(request)
        yield _is_taken("a request is taken", said)
        yield _has_ids(request, said)
        again = self._send(request)
        yield _is_taken("the same message again is confirmed", again)
        other = self._request(self.info, request.header.requesting_agency_request_id, "other")
        yield _is_refused("another request of the same id", self._send(other))
        answer = self._answer(request, ReasonForMessage.REQUEST_RESPONSE)
        yield self._status("an answer comes, and promises it", answer, _PROMISED)
        if answer is None or answer.status not in _PROMISED:
            raise _Stopped
        their_id = answer.header.supplying_agency_request_id
        yield Row("with an id of the supplier", bool(their_id), their_id or "none")
        last = answer.last_change
        yield Row("and when it changed last", last is not None, str(last or "none"))
        yield from self._cancel(request)

    def _cancel(self, request: Request) -> Iterator[Row]:
        request_id = request.header.requesting_agency_request_id
        yield _is_taken("Cancel is taken", self._send(self._action(request_id, Action.CANCEL)))
        answer = self._answer(request, ReasonForMessage.CANCEL_RESPONSE)
        seen = _shown(answer)
        is_good = answer is not None and answer.answer_yes_no is not None
        yield Row("CancelResponse says Y or N", is_good, seen)
        if answer is not None and answer.status not in _OUT:
            is_over = (answer.answer_yes_no, answer.status) == (True, Status.CANCELLED)
            yield Row("Y, as it was not sent, and Cancelled", is_over, seen)

    # The life of a loan

    def _loan(self) -> Iterator[Row]:
        request = self._request(self.info)
        request_id = request.header.requesting_agency_request_id
        yield _is_taken("another request is taken", self._send(request))
        answer = self._answer(request, ReasonForMessage.REQUEST_RESPONSE)
        yield self._status("and promised", answer, _PROMISED)
        yield from self._ask_status(request)
        self.ask(f"lend what {request_id} asks for, if it does not happen by itself")
        answer = self._wait(request, lambda said: said.status is Status.LOANED, self.patience)
        yield self._status("Loaned comes with the check-out", answer, (Status.LOANED,))
        if answer is None:
            raise _Stopped
        sent = answer.delivery_info
        yield Row("with a due date", answer.due_date is not None, str(answer.due_date))
        yield Row("and when it was sent", bool(sent and sent.date_sent), _shown(answer))
        barcode = ", ".join(sent.item_id) if sent else ""
        yield Row("and the number of the item", bool(barcode), barcode or "none")
        yield _is_taken("Received is taken", self._send(self._action(request_id, Action.RECEIVED)))
        yield from self._renew(request)
        yield from self._cancel_late(request)
        returned = self._action(request_id, Action.SHIPPED_RETURN)
        yield _is_taken("ShippedReturn is taken", self._send(returned))
        self.ask(f"take back {barcode or request_id}, if it does not happen by itself")
        ended = self._wait(request, lambda said: said.status in _ENDED, self.patience)
        yield self._status("LoanCompleted comes with the check-in", ended, _ENDED)

    def _ask_status(self, request: Request) -> Iterator[Row]:
        request_id = request.header.requesting_agency_request_id
        asked = self._action(request_id, Action.STATUS_REQUEST)
        yield _is_taken("StatusRequest is taken", self._send(asked))
        answer = self._answer(request, ReasonForMessage.STATUS_REQUEST_RESPONSE)
        is_good = answer is not None and answer.status is not None
        yield Row("and the status is told", is_good, _shown(answer))

    def _renew(self, request: Request) -> Iterator[Row]:
        request_id = request.header.requesting_agency_request_id
        yield _is_taken("Renew is taken", self._send(self._action(request_id, Action.RENEW)))
        answer = self._answer(request, ReasonForMessage.RENEW_RESPONSE)
        seen, says = _shown(answer), answer.answer_yes_no if answer else None
        yield Row("RenewResponse says Y or N", says is not None, seen)
        if answer is not None and says:
            yield Row("with a due date, if it is Y", answer.due_date is not None, seen)

    def _cancel_late(self, request: Request) -> Iterator[Row]:
        request_id = request.header.requesting_agency_request_id
        cancel = self._action(request_id, Action.CANCEL)
        yield _is_taken("Cancel of what was sent is taken", self._send(cancel))
        answer = self._answer(request, ReasonForMessage.CANCEL_RESPONSE)
        is_no = answer is not None and answer.answer_yes_no is False and answer.status in _OUT
        yield Row("and the answer is N, the status as it was", is_no, _shown(answer))

    def _validity(self) -> Row:
        wrong = [fault for heard in self._kept for fault in heard.faults]
        version = self.correspondent.other.version
        seen = "; ".join(dict.fromkeys(wrong)) or f"{len(self._kept)} messages"
        return Row(f"all that came is valid in {version}", bool(self._kept) and not wrong, seen)

    # Sending and hearing

    def _request(
        self, info: BibliographicInfo, request_id: str | None = None, note: str = ""
    ) -> Request:
        name = request_id or f"CHECK-{secrets.token_hex(6)}"
        header = self.correspondent.header(name, is_supplier=False)
        return Request(header, info, ServiceInfo(note=note))

    def _action(self, request_id: str, action: Action) -> RequestingAgencyMessage:
        header = self.correspondent.header(request_id, is_supplier=False)
        return RequestingAgencyMessage(header, action)

    def _send(self, message: Message) -> tuple[Confirmation | None, list[str]]:
        """The confirmation, and what is wrong with it in the version."""
        version = self.correspondent.other.spoken
        body = self.correspondent.post(encode(message, version)).body
        said = decode_confirmation(body)
        return said, faults(body, version) if said else []

    def _answer(self, request: Request, reason: ReasonForMessage) -> SupplyingAgencyMessage | None:
        """The next message of the reason."""
        return self._wait(request, lambda said: said.reason_for_message is reason, self.seconds)

    def _wait(
        self,
        request: Request,
        is_wanted: Callable[[SupplyingAgencyMessage], bool],
        seconds: float,
    ) -> SupplyingAgencyMessage | None:
        """The first message on the request that is wanted, of those that have come or come in
        time; each is given once."""
        until = time.monotonic() + seconds
        looked = 0
        while True:
            for heard in self._kept[looked:]:
                looked += 1
                said = heard.message
                if (
                    isinstance(said, SupplyingAgencyMessage)
                    and id(said) not in self._given
                    and said.header.requesting_agency_request_id
                    == request.header.requesting_agency_request_id
                    and is_wanted(said)
                ):
                    self._given.add(id(said))
                    return said
            left = until - time.monotonic()
            if left <= 0:
                return None
            try:
                self._kept.append(self.heard.get(timeout=left))
            except queue.Empty:
                return None

    def _status(
        self, name: str, said: SupplyingAgencyMessage | None, wanted: tuple[Status, ...]
    ) -> Row:
        return Row(name, said is not None and said.status in wanted, _shown(said))


def _is_taken(name: str, said: tuple[Confirmation | None, list[str]]) -> Row:
    confirmation, wrong = said
    is_good = confirmation is not None and confirmation.error is None and not wrong
    return Row(name, is_good, "; ".join([_outcome(confirmation), *wrong]))


def _is_refused(name: str, said: tuple[Confirmation | None, list[str]]) -> Row:
    confirmation, wrong = said
    is_good = confirmation is not None and confirmation.error is not None and not wrong
    return Row(f"{name} gets an ERROR", is_good, "; ".join([_outcome(confirmation), *wrong]))


def _has_ids(request: Request, said: tuple[Confirmation | None, list[str]]) -> Row:
    confirmation, header = said[0], request.header
    is_good = (
        confirmation is not None
        and confirmation.requesting_agency_request_id == header.requesting_agency_request_id
        and header.timestamp is not None
        and abs((confirmation.timestamp_received - header.timestamp).total_seconds()) < 1
    )
    return Row("with its id and its timestamp", is_good, _outcome(confirmation))


def _outcome(said: Confirmation | None) -> str:
    if said is None:
        return "no confirmation"
    return "OK" if said.error is None else f"{said.error.error_type}: {said.error.error_value}"


def _shown(said: SupplyingAgencyMessage | None) -> str:
    """A message of a supplier in a few words."""
    if said is None:
        return "nothing has come"
    answer = {True: "Y", False: "N", None: ""}[said.answer_yes_no]
    status = said.status.value if said.status else ""
    due = f"due {said.due_date:%Y-%m-%d}" if said.due_date else ""
    return " ".join(filter(None, (said.reason_for_message.value, answer, status, due)))
