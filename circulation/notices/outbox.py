"""What is due becomes messages: looked at again, put into words, and claimed for sending.

    for outgoing in claim(circulation, transaction, post, now=now):
        ...                                       # committed; then, outside of any transaction:
        outcome = channel.send(outgoing, now)
        record(transaction, outgoing.id, outcome, now)       # circulation.notices.outcomes

Nothing is sent in here. A message is written down as being sent before it is given to a channel,
so that a process that dies in between leaves a trace.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from catalogue.statements import Transaction
from circulation.digital_post.numbers import PostNumber, number_to_write_to
from circulation.due_dates import local_date
from circulation.engine import Circulation
from circulation.identifiers import known_as
from circulation.notices.addresses import address_of
from circulation.notices.channels import AddressKind
from circulation.notices.composing import Post, Text, compose
from circulation.notices.contents import NOUNS, Contents, read_contents
from circulation.notices.kinds import TRAITS, Basis, NoticeKind, NoticeState
from circulation.notices.persons import Person, read_persons
from circulation.notices.rendering import BadTemplate
from circulation.notices.rows import (
    Message,
    Notice,
    insert_messages,
    update_notices,
    waiting_notices,
)
from circulation.notices.rules import NoticeTerms
from circulation.notices.silence import silenced
from circulation.notices.times import next_time, quiet_until
from circulation.notices.validity import still_so, still_so_of_person
from circulation.results import Branch
from circulation.set_up import SetUp

#: So many notices in one transaction.
AT_MOST = 200


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


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of notices that belong together: a message, or a state and why.

    `due` is when it is tried again, where that is later. `contents` is what of the cause is so.
    """

    notices: list[Notice]
    state: NoticeState
    why: str = ""
    due: datetime | None = None
    channel: str = ""
    address: str = ""
    text: Text | None = None
    contents: Contents | None = None
    recipient: Person | None = None
    branch: Branch | None = None


class Planner:
    """Decides what becomes of notices, from facts that are read at once for all of them."""

    def __init__(
        self,
        transaction: Transaction,
        set_up: SetUp,
        post: Post,
        notices: Iterable[Notice],
        now: datetime,
    ) -> None:
        notices = list(notices)
        self.transaction = transaction
        self.set_up = set_up
        self.post = post
        self.now = now
        self.contents = read_contents(transaction, [each.cause for each in notices])
        wanted = {each.patron_id for each in notices} | {each.recipient_id for each in notices}
        self.persons = read_persons(transaction, sorted(each for each in wanted if each))
        self.silent = silenced(transaction, notices)

    def plan(self, notices: Iterable[Notice]) -> list[Planned]:
        """What becomes of each, those that go into one message together."""
        groups: dict[Any, list[tuple[Notice, Contents]]] = {}
        planned = []
        for notice in notices:
            decided = self._look_again(notice)
            if isinstance(decided, Planned):
                planned.append(decided)
            else:
                groups.setdefault(self._group(notice), []).append((notice, decided))
        with self.post.templates.at_once():
            return planned + [self._message(group) for group in groups.values()]

    def terms(self, notice: Notice) -> NoticeTerms:
        about = self.persons.get(notice.patron_id or 0)
        category = about.category if about else ""
        return self.set_up.notice_terms(notice.branch_id, category, notice.kind)

    def _group(self, notice: Notice) -> Any:
        """Notices with the same go into one message."""
        if self.terms(notice).digest == "none":
            return notice.id
        return (
            notice.recipient_id,
            notice.patron_id,
            notice.kind,
            notice.branch_id,
            notice.channels,
            notice.failed,
            _said(notice),
        )

    def _look_again(self, notice: Notice) -> Planned | Contents:
        """What of the notice is so still, or why nobody is told now."""

        def withdrawn(why: str) -> Planned:
            return Planned([notice], NoticeState.WITHDRAWN, why)

        about = self.persons.get(notice.patron_id or 0)
        recipient = self.persons.get(notice.recipient_id or 0)
        if about is None or recipient is None:
            return withdrawn("the patron is gone")
        if about.is_dead or recipient.is_dead:
            return withdrawn("the patron has died")
        if (batch := self.silent.get(notice.id)) is not None:
            return withdrawn(f"loaded silently with {batch}")
        terms = self.terms(notice)
        valid = terms.valid_hours
        if valid is not None and self.now - notice.due > timedelta(hours=valid):
            return withdrawn("it is too late to tell")
        contents = still_so(
            notice.kind,
            notice.cause,
            self.contents,
            notice.facts,
            patron_id=about.id,
            now=self.now,
        )
        if contents is None or not still_so_of_person(notice.kind, notice.facts, about):
            return withdrawn("it is not so any more")
        branch = self.set_up.branches[notice.branch_id]
        today = local_date(self.now, branch.timezone)
        if terms.absent != "send" and recipient.is_absent(today):
            if terms.absent == "skip":
                return withdrawn("the patron is away")
            later = next_time(self.now + timedelta(minutes=1), terms.send_at, branch.timezone)
            return Planned([notice], NoticeState.WAITING, "the patron is away", later)
        return contents

    def _message(self, group: list[tuple[Notice, Contents]]) -> Planned:
        notices = [notice for notice, _ in group]
        first = notices[0]
        terms = self.terms(first)
        recipient = self.persons[first.recipient_id or 0]
        about = self.persons[first.patron_id or 0]
        branch = self.set_up.branches[first.branch_id]
        found = self.address(first, recipient, terms)
        if found is None:
            state = NoticeState.FAILED if first.failed else NoticeState.NO_CONTACT_DATA
            return Planned(notices, state, first.why if first.failed else "")
        channel, address = found
        if self.post.channels[channel].rings:
            later = quiet_until(self.now, terms.quiet, branch.timezone)
            if later is not None:
                return Planned(notices, NoticeState.WAITING, "quiet hours", later, channel, address)
        contents = _together([contents for _, contents in group])
        try:
            text = compose(
                self.post,
                first.kind,
                channel,
                branch=branch,
                recipient=recipient,
                about=about,
                contents=contents,
                facts=_facts(notices),
                now=self.now,
            )
        except BadTemplate as error:
            return Planned(notices, NoticeState.FAILED, str(error))
        return Planned(
            notices,
            NoticeState.SENDING,
            channel=channel,
            address=address,
            text=text,
            contents=contents,
            recipient=recipient,
            branch=branch,
        )

    def address(
        self, notice: Notice, recipient: Person, terms: NoticeTerms
    ) -> tuple[str, str] | None:
        """The first channel that has not failed and has an address, and that address."""
        order = terms.channels if notice.channels is None else notice.channels
        for channel in order:
            traits = self.post.channels.get(channel)
            if traits is None or channel in notice.failed:
                continue
            card = None
            if traits.address is AddressKind.CARD:
                card = known_as(self.transaction, recipient.id)
            address = address_of(
                recipient,
                traits.address,
                verified=terms.verified,
                region=self.post.region,
                card=card,
            )
            if address is not None:
                return channel, address
        return None


def _said(notice: Notice) -> str:
    """What one message can say only once: words of the staff, the number of a reminder, and all
    facts of what is about the patron alone (which block, which date)."""
    facts = {name: value for name, value in notice.facts.items() if name != "actor"}
    if TRAITS[notice.kind].basis is not Basis.PATRON:
        facts = {name: facts[name] for name in _SAID_ONCE if name in facts}
    return json.dumps(facts, sort_keys=True, default=str)


_SAID_ONCE = ("number", "subject", "text", "title")


def _together(parts: list[Contents]) -> Contents:
    if len(parts) == 1:
        return parts[0]
    found = {}
    for noun in NOUNS:
        rows = {row.id: row for part in parts for row in part.of(noun)}
        found[noun] = list(rows.values())
    return Contents(**found)


def _facts(notices: list[Notice]) -> Mapping[str, Any]:
    """Of several notices those of the first, and lists put together."""
    if len(notices) == 1:
        return notices[0].facts
    facts = dict(notices[0].facts)
    for other in notices[1:]:
        for name, value in other.facts.items():
            if isinstance(value, list) and isinstance(facts.get(name), list):
                facts[name] = facts[name] + value
            else:
                facts.setdefault(name, value)
    return facts


def claim(
    circulation: Circulation,
    transaction: Transaction,
    post: Post,
    *,
    now: datetime,
    at_most: int = AT_MOST,
) -> tuple[list[Outgoing], bool]:
    """Makes messages of notices that are due, claimed for the caller to send; is there more?

    Notices that are not so any more are withdrawn, those without an address say so.
    """
    found = waiting_notices(transaction, now, at_most)
    is_more = len(found) == at_most
    if is_more and len({each.recipient_id for each in found}) > 1:
        # The last person may have more: theirs come together, in the next turn.
        found = [each for each in found if each.recipient_id != found[-1].recipient_id]
    if not found:
        return [], False
    set_up = circulation.current_set_up(transaction)
    planner = Planner(transaction, set_up, post, found, now)
    messages: list[Message] = []
    outgoing: list[Outgoing] = []
    changes: list[tuple[Any, ...]] = []
    for planned in planner.plan(found):
        message_id = None
        if planned.text is not None:
            message = _message(circulation, planned, now)
            message_id = message.id
            messages.append(message)
            number = number_for(circulation, transaction, post, message)
            outgoing.append(outgoing_of(message, planned.recipient, set_up, number))
        for notice in planned.notices:
            due = planned.due or notice.due
            changes.append(
                (
                    planned.state.value,
                    planned.why,
                    due,
                    message_id if message_id is not None else notice.message_id,
                    notice.id,
                )
            )
    insert_messages(
        transaction,
        [
            (*each[:4], each.kind.value, *each[5:11], each.state.value, *each[12:])
            for each in messages
        ],
    )
    update_notices(transaction, changes)
    return outgoing, is_more


def _message(circulation: Circulation, planned: Planned, now: datetime) -> Message:
    first, text = planned.notices[0], planned.text
    assert text is not None
    return Message(
        circulation.ids.next(now),
        first.patron_id,
        first.recipient_id,
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
    )


def number_for(
    circulation: Circulation, transaction: Transaction, post: Post, message: Message
) -> PostNumber | None:
    """The national number that the message goes to, where its channel needs one."""
    traits = post.channels.get(message.channel)
    if traits is None or traits.address is not AddressKind.DIGITAL_POST:
        return None
    return number_to_write_to(transaction, message.recipient_id, circulation.identifiers)


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
        _postal(recipient),
        number,
    )


def _postal(recipient: Person | None) -> str:
    if recipient is None:
        return ""
    return address_of(recipient, AddressKind.POSTAL, verified=False, region="") or ""
