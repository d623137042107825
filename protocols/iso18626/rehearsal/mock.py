"""A mock partner: a correspondent that plays a supplier or a requester by a script, for those who
build against it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from protocols.iso18626.client import Unreachable
from protocols.iso18626.codes import Action, ErrorType, ReasonForMessage, RequestType, Status
from protocols.iso18626.messages import (
    BibliographicInfo,
    DeliveryInfo,
    Error,
    Message,
    Request,
    RequestingAgencyMessage,
    ServiceInfo,
    SupplyingAgencyMessage,
)
from protocols.iso18626.rehearsal.correspondent import Correspondent, Heard
from protocols.iso18626.rehearsal.scripts import START, Script, Step
from protocols.iso18626.settings import Partner

#: What is asked for, and lent, where nobody says what.
INFO: Final = BibliographicInfo(title="Peters jul", author="Krohn, Johan")
#: The reason of what a supplier sends, by what it answers.
_REASONS: Final = {
    Action.RENEW.value: ReasonForMessage.RENEW_RESPONSE,
    Action.CANCEL.value: ReasonForMessage.CANCEL_RESPONSE,
    Action.STATUS_REQUEST.value: ReasonForMessage.STATUS_REQUEST_RESPONSE,
}
_REQUESTS: Final = (RequestType.NEW.value, RequestType.RETRY.value)
_OVER: Final = (Status.CANCELLED, Status.LOAN_COMPLETED, Status.UNFILLED)
_ANSWERS: Final = (ReasonForMessage.RENEW_RESPONSE, ReasonForMessage.CANCEL_RESPONSE)
_IS_OUT: Final = (Status.LOANED, Status.OVERDUE, Status.RECALLED)


@dataclass
class _Case:
    """A request, and how far it is."""

    request_id: str
    asked: Request | None = None
    status: Status = Status.REQUEST_RECEIVED
    due: datetime | None = None
    steps: int = field(default=0)  # that it was told


class Mock:
    """Plays the script over and over, for every request that comes. `info` is what is asked for,
    and the only title that it has to lend. `tell` gets a line for each message of either side, and
    what is wrong with those of the other one."""

    def __init__(
        self,
        agency: str,
        other: Partner,
        script: Script,
        tell: Callable[[str], object],
        *,
        at: tuple[str, int] = ("127.0.0.1", 0),
        info: BibliographicInfo = INFO,
    ) -> None:
        self.correspondent = Correspondent(agency, other, at, self._heard, self._judge)
        self._script, self._tell, self._info = script, tell, info
        self._cases: dict[str, _Case] = {}
        self._turn = threading.Lock()

    def start(self) -> None:
        """What the script begins with."""
        if self._script.get(START):
            case = _Case(f"MOCK-{secrets.token_hex(6)}")
            self._cases[case.request_id] = case
            self._play(START, case)

    def _judge(self, message: Message) -> Error | None:
        """Why a message is not taken: of somebody else, or of what we do not know."""
        header = message.header
        is_request, request_id = isinstance(message, Request), header.requesting_agency_request_id
        is_supplier = isinstance(message, SupplyingAgencyMessage)
        sender = header.supplying_agency_id if is_supplier else header.requesting_agency_id
        if sender is None or not self.correspondent.other.speaks_for(sender.agency_id_value):
            return self._error(message, "no partner may write in the name of this agency")
        with self._turn:
            case = self._cases.get(request_id)
            if case is None and not is_request:
                return self._error(message, f"there is no request {request_id}")
            if not isinstance(message, Request):
                return None
            if case is None:
                self._cases[request_id] = _Case(request_id, message)
            elif case.asked is None or not _is_same(case.asked, message):
                return self._error(message, f"there is a request {request_id} already")
        return None

    def _error(self, message: Message, why: str) -> Error:
        self._tell(f"< {name_of(message)} {message.header.requesting_agency_request_id}: {why}")
        return Error(ErrorType.UNRECOGNISED_DATA_VALUE.value, why)

    def _heard(self, heard: Heard) -> None:
        message = heard.message
        name = name_of(message)
        request_id = message.header.requesting_agency_request_id
        self._tell(f"< {name} {request_id}")
        for fault in heard.faults:
            self._tell(f"  not valid: {fault}")
        with self._turn:
            case = self._cases[request_id]
            if isinstance(message, SupplyingAgencyMessage) and message.status is not None:
                case.status = message.status
        self._play(name, case)

    def _play(self, name: str, case: _Case) -> None:
        steps: Sequence[Step | None] | None = self._script.get(name)
        if case.asked is not None and name in _REQUESTS and not self._has(case.asked):
            steps = [Step(status=Status.UNFILLED, reason="NotHeld")] if steps else steps
        if steps is None:
            usual = (Action.STATUS_REQUEST.value, Action.CANCEL.value)
            steps = [None] if name in usual else []
        for step in steps:
            if step is not None:
                time.sleep(step.after)
            with self._turn:
                if case.status in _OVER:
                    return
                # How far it is may change until it is told, by what is played beside.
                told = step or Step(status=self._usual(name, case))
                message = self._message(name, told, case)
            self._send(message)

    def _has(self, asked: Request) -> bool:
        """Is it our title, or one of its numbers?"""
        wanted, ours = asked.bibliographic_info, self._info
        numbers = {each.identifier for each in wanted.bibliographic_item_id}
        is_title = wanted.title.casefold() == ours.title.casefold()
        return is_title or bool(numbers & {each.identifier for each in ours.bibliographic_item_id})

    def _usual(self, name: str, case: _Case) -> Status:
        """The status after something that the script says nothing of."""
        is_cancel = name == Action.CANCEL.value and case.status not in _IS_OUT
        return Status.CANCELLED if is_cancel else case.status

    def _message(self, name: str, step: Step, case: _Case) -> Message:
        write = self.correspondent.header
        if step.send is not None:
            header = write(case.request_id, is_supplier=False)
            return Request(header, self._info, ServiceInfo(note=step.note))
        if step.action is not None:
            header = write(case.request_id, is_supplier=False)
            return RequestingAgencyMessage(header, step.action, step.note)
        status = step.status or case.status
        now = datetime.now(UTC)
        if status in _IS_OUT and (case.due is None or step.answer != "N"):
            case.due = now + timedelta(step.due_days)
        reason = _REASONS.get(name)
        if reason is None:
            is_first = case.steps == 0
            reason = (
                ReasonForMessage.REQUEST_RESPONSE if is_first else ReasonForMessage.STATUS_CHANGE
            )
        says_yes = {"Y": True, "N": False}.get(step.answer or "")
        if says_yes is None and reason in _ANSWERS:
            says_yes = status is Status.CANCELLED or name == Action.RENEW.value
        case.steps, case.status = case.steps + 1, status
        is_sent = status in (Status.LOANED, Status.COPY_COMPLETED) and reason not in _ANSWERS
        return SupplyingAgencyMessage(
            write(case.request_id, is_supplier=True, ours=f"M-{case.request_id}"[:32]),
            reason,
            status,
            last_change=now,
            answer_yes_no=says_yes,
            note=step.note,
            reason_unfilled=step.reason if status is Status.UNFILLED else "",
            reason_retry=step.reason if status is Status.RETRY_POSSIBLE else "",
            due_date=case.due if status in _IS_OUT else None,
            delivery_info=DeliveryInfo(
                now, (step.barcode,), step.url, "URL" if step.url else "Mail", step.conditions
            )
            if is_sent or step.conditions
            else None,
        )

    def _send(self, message: Message) -> None:
        name = f"{name_of(message)} {message.header.requesting_agency_request_id}"
        try:
            said = self.correspondent.send(message)
        except Unreachable as error:
            self._tell(f"> {name}: {error}")
            return
        if said is None:
            self._tell(f"> {name}: no confirmation")
        elif said.error is not None:
            self._tell(f"> {name}: {said.error.error_type}: {said.error.error_value}")
        else:
            self._tell(f"> {name}: ok")


def _is_same(one: Request, other: Request) -> bool:
    """Is the same asked for, whenever it was written?"""
    return replace(one, header=other.header) == other


def name_of(message: Message) -> str:
    """What a message is called in scripts: its type, its action or its status."""
    if isinstance(message, Request):
        return message.service_info.request_type.value
    if isinstance(message, RequestingAgencyMessage):
        return message.action.value
    return message.status.value if message.status else message.reason_for_message.value
