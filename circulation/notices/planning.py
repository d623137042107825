"""What becomes of notices that are due: they are looked at again, put together and into words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from catalogue.database import Transaction
from circulation.calendars.due_dates import local_date
from circulation.fees.payment_ways import PAYMENT_WAYS
from circulation.holds.unfillable import which_are_unfillable
from circulation.holds.wanted_copies import is_delayed
from circulation.kernel.results import Branch
from circulation.kernel.set_up import SetUp
from circulation.notices.addresses import address_of
from circulation.notices.channels import AddressKind
from circulation.notices.composing import NOWHERE, Draft, Text, compose
from circulation.notices.contents import NOUNS, Contents, read_contents
from circulation.notices.kinds import TRAITS, Basis, NoticeKind, NoticeState
from circulation.notices.persons import Person, read_persons
from circulation.notices.post import Post
from circulation.notices.rendering import BadTemplate
from circulation.notices.requests import may_be_child
from circulation.notices.rows import Notice, tried_as
from circulation.notices.rules import notice_terms
from circulation.notices.silence import silenced
from circulation.notices.terms import NoticeTerms
from circulation.notices.times import next_time, quiet_until
from circulation.notices.validity import still_so, still_so_of_person
from circulation.patrons.guardians import guardians_told
from circulation.patrons.identifiers import known_as


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
        self.silent = silenced(transaction, set_up, notices)

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
        return notice_terms(self.set_up, notice.branch_id, category, notice.kind)

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
        if (why := self.silent.get(notice.id)) is not None:
            return withdrawn(why)
        terms = self.terms(notice)
        if terms.guardians != "instead" and self._is_hidden_from(recipient, about):
            return withdrawn("the patron has hidden the account from this guardian")
        valid = terms.valid_hours
        if valid is not None and self.now - notice.due > timedelta(hours=valid):
            return withdrawn("it is too late to tell")
        contents = self._still_so(notice, about)
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

    def _still_so(self, notice: Notice, about: Person) -> Contents | None:
        """Return what of the cause is so still; None where nothing is."""
        facts, who = notice.facts, about.id
        contents = still_so(
            notice.kind, notice.cause, self.contents, facts, patron_id=who, now=self.now
        )
        if contents is None or not self._is_open_again(facts):
            return None
        if notice.kind is NoticeKind.HOLD_UNFILLABLE:
            return self._still_in_vain(contents)
        if notice.kind is NoticeKind.HOLD_DELAYED:
            return self._still_delayed(contents, facts)
        return contents

    def _is_hidden_from(self, recipient: Person, about: Person) -> bool:
        """Is that a guardian who was to be told, and is not any more?"""
        today = self.set_up.day(self.now, about.home_branch_id)
        return (
            recipient.id != about.id
            and may_be_child(about.birth_date, today)
            and recipient.id
            not in guardians_told(self.transaction, about.id, about.birth_date, today)
        )

    def _still_in_vain(self, contents: Contents) -> Contents | None:
        """Those of the holds that nothing can fill: a copy may have turned up since."""
        ids = [each.id for each in contents.holds]
        in_vain = which_are_unfillable(self.transaction, self.set_up, ids)
        kept = [each for each in contents.holds if each.id in in_vain]
        return replace(contents, holds=kept) if kept else None

    def _still_delayed(self, contents: Contents, facts: Mapping[str, Any]) -> Contents | None:
        """Return the holds that wait much longer than before: the copy may have come back."""
        was = {each["hold"]: date.fromisoformat(each["was"]) for each in facts["delays"]}
        kept = [
            each
            for each in contents.holds
            if is_delayed(self.transaction, self.set_up, each.id, was[each.id], self.now)
        ]
        return replace(contents, holds=kept) if kept else None

    def _message(self, group: list[tuple[Notice, Contents]]) -> Planned:
        notices = [notice for notice, _ in group]
        first = notices[0]
        terms = self.terms(first)
        about = self.persons[first.patron_id or 0]
        recipient = self.persons[first.recipient_id or 0]
        if self._is_hidden_from(recipient, about):  # it was to go there instead
            recipient = about
        branch = self.set_up.branches[first.branch_id]
        found = self.address(first, recipient, terms)
        if found is None:
            recipient, found = self._guardian(first, about, terms) or (recipient, None)
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
                Draft(
                    branch=branch,
                    recipient=recipient,
                    about=about,
                    contents=contents,
                    facts=self._facts(notices),
                    payment=PAYMENT_WAYS.of(self.set_up).get(branch.agency_id, NOWHERE),
                ),
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

    def _facts(self, notices: list[Notice]) -> Mapping[str, Any]:
        """Return the facts, with those closed days that are closed still."""
        facts = _facts(notices)
        if "closed" not in facts:
            return facts
        return {**facts, "closed": [each for each in facts["closed"] if self._is_closed(each)]}

    def _is_open_again(self, facts: Mapping[str, Any]) -> bool:
        """Return whether the days of a withdrawn closure are not closed by another one since."""
        return not any(
            self.set_up.calendars[each["branch_id"]].closures_on(date.fromisoformat(each["first"]))
            for each in facts.get("opened", ())
        )

    def _is_closed(self, period: Mapping[str, Any]) -> bool:
        calendar = self.set_up.calendars.get(period["branch_id"])
        return calendar is not None and not calendar.is_open(date.fromisoformat(period["first"]))

    def _guardian(
        self, notice: Notice, about: Person, terms: NoticeTerms
    ) -> tuple[Person, tuple[str, str]] | None:
        """Who is told in place of a child whom no channel reaches, and where."""
        for guardian in self.guardians(notice, about, terms):
            found = None if guardian.is_dead else self.address(notice, guardian, terms)
            if found is not None:
                return guardian, found
        return None

    def guardians(self, notice: Notice, about: Person, terms: NoticeTerms) -> list[Person]:
        """Who may be told in place of a child whom no channel reaches."""
        today = self.set_up.day(self.now, about.home_branch_id)
        if (
            terms.guardians != "fallback"
            or notice.channels is not None
            or notice.recipient_id != about.id
            or not may_be_child(about.birth_date, today)
        ):
            return []
        ids = guardians_told(self.transaction, about.id, about.birth_date, today)
        unknown = [each for each in ids if each not in self.persons]
        self.persons |= read_persons(self.transaction, unknown)
        return [self.persons[each] for each in ids]

    def address(
        self, notice: Notice, recipient: Person, terms: NoticeTerms
    ) -> tuple[str, str] | None:
        """The first channel that has not failed and has an address, and that address."""
        order = terms.channels if notice.channels is None else notice.channels
        for channel in order:
            traits = self.post.channels.get(channel)
            if traits is None or tried_as(notice, recipient.id, channel) in notice.failed.split():
                continue
            card = None
            if traits.address is AddressKind.CARD:
                card = known_as(self.transaction, patron_id=recipient.id)
            address = address_of(
                recipient,
                traits.address,
                day=self.now.date(),
                verified=terms.verified,
                region=self.post.region,
                card=card,
            )
            if address is not None:
                return channel, address
        return None


def _said(notice: Notice) -> str:
    """What one message can say only once: words of the staff, the number of a reminder, what will
    follow, and all facts of what is about the patron alone (which block, which date)."""
    facts = {name: value for name, value in notice.facts.items() if name != "actor"}
    if TRAITS[notice.kind].basis is not Basis.PATRON:
        facts = {name: facts[name] for name in _SAID_ONCE if name in facts}
    return json.dumps(facts, sort_keys=True, default=str)


_SAID_ONCE = ("deadline", "next", "next_date", "number", "subject", "text", "title")


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
