"""Texts that patrons send: they renew, or ask what is on loan, and every one is answered.

    FORNY, RENEW                  renews all loans
    FORNY 1234567890              renews one, by the number of the item
    LÅN, LOANS                    tells what is on loan

The sender is known by the telephone number, which several people of a household may share: then
each of them is answered. A sender who is not known gets no answer, or a machine would answer a
machine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, or_, select

from catalogue.database import Statement, Transaction, scalar, scalars, send
from circulation.kernel.act import Act
from circulation.kernel.results import Refused, Renewed
from circulation.languages.installed import language, tags
from circulation.loans.facts import OPEN_LOAN, items_on_loan
from circulation.loans.renewals import renew, renew_all
from circulation.loans.wishes import RenewalWish
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.persons import Person, read_persons
from circulation.notices.phone_numbers import mobile_number
from circulation.notices.refusal_words import why_not_renewed
from circulation.notices.requests import NoticeRequest, request_notice
from circulation.notices.schema import incoming_texts
from circulation.patrons.identifiers import known_as
from circulation.patrons.kinds import ContactKind
from circulation.patrons.schema import patron_contacts, patrons

#: What events of such a renewal name as who did it, and by what.
ACTOR = "patron"
DEVICE = "text message"
#: A number that more people than this share belongs to none of them.
MOST_PATRONS = 8
_LONGEST = 1_600
_WORDS = re.compile(r"[^\s.,;:!?]+")
_PUNCTUATION = " -./()\u00a0"
#: A national number ends with so many digits, however its beginning is written.
_LAST_DIGITS = 8


def _bare(column: ColumnElement[str]) -> ColumnElement[str]:
    """A number without what people part its digits with."""
    for mark in _PUNCTUATION:
        column = func.replace(column, mark, "")
    return column


@scalars(int)
def _candidates(*, ending: str) -> Statement:
    return (
        select(patrons.c.id)
        .select_from(
            patrons.outerjoin(patron_contacts, patron_contacts.c.patron_id == patrons.c.id)
        )
        .where(
            or_(
                _bare(patrons.c.phone).like(ending),
                (patron_contacts.c.kind == ContactKind.PHONE.value)
                & _bare(patron_contacts.c.value).like(ending),
            )
        )
        .distinct()
        .order_by(patrons.c.id)
    )


@scalar(str)
def _known(*, name: str) -> Statement:
    return select(incoming_texts.c.id).where(incoming_texts.c.id == name)


@send
def _insert(
    *,
    name: str,
    at: datetime,
    patron_id: int | None,
    address: str,
    body: str,
    notice_id: int | None,
) -> Statement:
    given = locals()
    return insert(incoming_texts).values(id=given.pop("name"), **given)


def patrons_with_number(transaction: Transaction, number: str, region: str) -> list[int]:
    """Who has this telephone number (E.164); a wide read: every patron's number is looked at.

    Where some have shown that the number is theirs, only those are given.
    """
    digits = "".join(each for each in number if each.isascii() and each.isdigit())
    if len(digits) < _LAST_DIGITS:
        return []
    ids = _candidates(transaction, ending=f"%{digits[-_LAST_DIGITS:]}")
    having, verified = [], []
    for person in read_persons(transaction, ids).values():
        contacts = [each for each in person.contacts if each.kind is ContactKind.PHONE]
        mine = [each for each in contacts if mobile_number(each.value, region) == number]
        if mine or mobile_number(person.phone, region) == number:
            having.append(person.id)
        if any(each.verified is not None for each in mine):
            verified.append(person.id)
    return sorted(verified or having)


def answer_text(
    act: Act, *, name: str, sender: str, text: str, patrons: Sequence[int], channel: str
) -> list[int]:
    """Does what the text asks for and has it answered on the channel; the ids of the notices.

    `name` is what the gateway calls the text: it may tell of it again, and that does nothing.
    `patrons` are those of `patrons_with_number`.
    """
    transaction = act.transaction
    if _known(transaction, name=name) is not None:
        return []
    who = patrons if len(patrons) <= MOST_PATRONS else ()
    persons = read_persons(transaction, list(who))
    made = []
    for person in persons.values():
        kind, facts = _answer(act, person, text)
        is_empty = not facts.get("lines") and not facts.get("refused")
        if len(persons) > 1 and is_empty and kind is NoticeKind.SMS_RENEWED:
            continue  # the others of the household have loans, or have none either
        notice_id = request_notice(
            act,
            NoticeRequest(
                patron_id=person.id,
                kind=kind,
                cause=Cause(key=f"text {name}"),
                facts=facts,
                channels=(channel,),
            ),
        )
        if notice_id is not None:
            made.append(notice_id)
    _insert(
        transaction,
        name=name,
        at=act.now,
        patron_id=min(persons, default=None),
        address=sender,
        body=text[:_LONGEST],
        notice_id=made[0] if made else None,
    )
    return made


def _answer(act: Act, person: Person, text: str) -> tuple[NoticeKind, dict[str, Any]]:
    transaction = act.transaction
    words = _WORDS.findall(text.lower())
    if words and len(words) == 1 and words[0] in _asking("LOANS"):
        return NoticeKind.SMS_RENEWED, {"lines": _loans(transaction, person), "refused": ""}
    if not words or words[0] not in _asking("RENEW") or len(words) > 2:
        return NoticeKind.SMS_NOT_UNDERSTOOD, {}
    card = known_as(transaction, patron_id=person.id) or ""
    set_up = act.circulation.current_set_up(transaction)
    act = act._replace(desk=set_up.desk(person.home_branch_id, ACTOR, DEVICE))
    answers: Sequence[Renewed | Refused]
    if len(words) == 2:
        wish = RenewalWish(patron=card, item=_WORDS.findall(text)[1], seen=False)
        answers = [renew(act, wish)]
    else:
        done = renew_all(act, patron=card)
        if isinstance(done, Refused):
            return NoticeKind.SMS_RENEWED, {"lines": [], "refused": _why(done, person)}
        answers = (*done.renewed, *done.refused)
    return NoticeKind.SMS_RENEWED, _told(answers, person)


def _asking(name: str) -> set[str]:
    """The words of all languages that ask for the same: people text what they have read."""
    said = (language(each).words.pgettext("text message", name) for each in tags())
    return {word for words in said for word in words.split()}


def _told(answers: Sequence[Renewed | Refused], person: Person) -> dict[str, Any]:
    lines, refused = [], ""
    for answer in answers:
        if isinstance(answer, Renewed):
            lines.append(_line(answer.item.title, answer.loan.due, renewed=True))
        elif answer.item is not None and answer.loan is not None:
            why = _why(answer, person)
            lines.append(_line(answer.item.title, answer.loan.due, renewed=False, reason=why))
        else:
            refused = _why(answer, person)
    return {"lines": lines, "refused": refused}


def _line(title: str, due: datetime, *, renewed: bool | None, reason: str = "") -> dict[str, Any]:
    return {"title": title, "due": due.isoformat(), "renewed": renewed, "reason": reason}


def _why(refused: Refused, person: Person) -> str:
    return why_not_renewed(refused.reasons, person.language)


def _loans(transaction: Transaction, person: Person) -> list[dict[str, Any]]:
    found = items_on_loan(transaction, patron_id=person.id)
    return [
        _line(each.title, loan.due, renewed=None)
        for each in found
        if (loan := OPEN_LOAN.of(each)) is not None
    ]
