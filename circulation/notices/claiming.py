"""What is due becomes messages: looked at again, put into words, and claimed for sending.

    for outgoing in claim(act, post)[0]:
        ...                                       # committed; then, outside of any transaction:
        outcome = channel.send(outgoing, now)
        record(transaction, outgoing.id, outcome, now)       # circulation.notices.outcomes

Nothing is sent in here. A message is written down as being sent before it is given to a channel,
so that a process that dies in between leaves a trace.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from catalogue.database import Transaction
from circulation.digital_post.numbers import PostNumber, number_to_write_to
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Branch
from circulation.kernel.set_up import SetUp
from circulation.notices.addresses import address_of
from circulation.notices.channels import AddressKind
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.persons import Person
from circulation.notices.planning import Planned, Planner
from circulation.notices.post import Post
from circulation.notices.rows import (
    Message,
    Notice,
    insert_messages,
    put_into_messages,
    waiting_notices,
)
from circulation.patrons.identifiers import IDENTIFIERS

#: So many notices in one transaction, and so many where all are one person's: everybody who lends
#: waits for its end.
AT_MOST, AT_MOST_OF_ONE = 10, 200


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for a channel. `id` stays the same however often it is given to it; `uuid` (of
    version 4, made of the id) is for channels that want one.

    `body` is plain text with line breaks; `address` is of the kind that the channel needs, a
    national number only as it may be shown: `number` has it whole, for the channel alone.
    """

    id: int
    kind: NoticeKind
    channel: str
    address: str
    language: str
    subject: str
    body: str
    recipient: str  # the name
    branch: Branch
    attempts: int
    created: datetime
    postal: str = ""  # where a letter would go
    number: PostNumber | None = None  # its repr() shows no digits

    @property
    def uuid(self) -> uuid.UUID:
        digest = hashlib.sha256(f"tiro notice {self.id}".encode()).digest()
        return uuid.UUID(bytes=digest[:16], version=4)


def claim(act: Act, post: Post, *, at_most: int = AT_MOST) -> tuple[list[Outgoing], bool]:
    """Makes messages of notices that are due, claimed for the caller to send; is there more?

    Notices that no longer hold are withdrawn; those without an address say so.
    """
    transaction, circulation, _, now = act
    found = waiting_notices(transaction, now=now, at_most=at_most)
    is_more = len(found) == at_most
    if is_more:
        # The last person may have more notices, and theirs come together: in the next turn, if
        # there are others before.
        first, last = found[0].recipient_id, found[-1].recipient_id
        if first == last:
            found = waiting_notices(transaction, now=now, at_most=max(at_most, AT_MOST_OF_ONE))
            found = [each for each in found if each.recipient_id == first]
        else:
            found = [each for each in found if each.recipient_id != last]
    if not found:
        return [], False
    set_up = circulation.current_set_up(transaction)
    planner = Planner(transaction, set_up, post, found, now)
    messages: list[Message] = []
    outgoing: list[Outgoing] = []
    told: list[Notice] = []
    for planned in planner.plan(found):
        message_id = None
        if planned.text is not None:
            message = _message(circulation, planned, post, now)
            message_id = message.id
            messages.append(message)
            number = number_for(circulation, transaction, post, message)
            outgoing.append(outgoing_of(message, planned.recipient, set_up, number))
        told += [
            notice._replace(
                state=planned.state,
                why=planned.why,
                due=planned.due or notice.due,
                message_id=message_id or notice.message_id,
            )
            for notice in planned.notices
        ]
    insert_messages(transaction, messages)
    put_into_messages(transaction, told)
    return outgoing, is_more


def _message(circulation: Circulation, planned: Planned, post: Post, now: datetime) -> Message:
    first, text = planned.notices[0], planned.text
    assert text is not None
    return Message(
        circulation.ids.next(now),
        first.patron_id,
        planned.recipient.id if planned.recipient else first.recipient_id,
        first.branch_id,
        first.kind,
        planned.channel,
        planned.address,
        text.language,
        text.subject,
        text.body,
        text.template,
        NoticeState.SENDING,
        1,
        now,
        now,
        now,
        None,
        now,
        "",
        "",
        post.channels[planned.channel].confirms,
    )


def number_for(
    circulation: Circulation, transaction: Transaction, post: Post, message: Message
) -> PostNumber | None:
    """The national number that the message goes to, where its channel needs one."""
    traits = post.channels.get(message.channel)
    if traits is None or traits.address is not AddressKind.DIGITAL_POST:
        return None
    return number_to_write_to(transaction, message.recipient_id, IDENTIFIERS.of(circulation))


def outgoing_of(
    message: Message, recipient: Person | None, set_up: SetUp, number: PostNumber | None
) -> Outgoing:
    """The message as a channel is given it."""
    return Outgoing(
        message.id,
        message.kind,
        message.channel,
        message.address,
        message.language,
        message.subject,
        message.body,
        recipient.name if recipient else "",
        set_up.branches[message.branch_id],
        message.attempts,
        message.created,
        _postal(recipient, message.created.date()),
        number,
    )


def _postal(recipient: Person | None, day: date) -> str:
    if recipient is None:
        return ""
    return address_of(recipient, AddressKind.POSTAL, day=day, verified=False, region="") or ""
