"""Every type of message in every language and form; the library's own templates; what fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from circulation.booking.telling import BookingTold
from circulation.languages.installed import SHIPPED
from circulation.notices.channels import CHANNELS, ChannelTraits, Form
from circulation.notices.composing import Draft, Text, compose
from circulation.notices.contents import ChargeTold, Contents, HoldTold, LoanTold
from circulation.notices.kinds import NoticeKind
from circulation.notices.persons import Person
from circulation.notices.post import Post
from circulation.notices.rendering import BadTemplate, Templates
from circulation.notices.sms_texts import is_gsm
from circulation.notices.validity import CHECKS
from tests.circulation.notices.segments import segments
from tests.walking import each

DUE = datetime(2027, 2, 1, 22, 59, 59, tzinfo=UTC)
BRANCH: Any = SimpleNamespace(
    name="Hovedbiblioteket",
    agency_name="Byens Biblioteker",
    isil="DK-900101",
    agency_isil="DK-900100",
    timezone="Europe/Copenhagen",
)
PERSON = Person(1, 1, "adult", "Ida Ørsted", "Ida", "", EMAIL := "ida@example.org", "", None)
LOAN = LoanTold(
    1, 1, None, "I0000001", "Peters jul", "Krohn, Johan", DUE, DUE, 0, DUE, None, None, None, "By"
)
HOLD = HoldTold(
    1, 1, "Peters jul", "Krohn, Johan", "By", date(2027, 5, 1), DUE, "x", "I1", 12, DUE, DUE, None
)
CHARGE = ChargeTold(1, 1, "compensation", "", 123_450, 123_450, "DKK", DUE)
BOOKING = BookingTold(
    1, 1, "Peters jul", "", "By", date(2027, 3, 1), date(2027, 3, 8), 25, None, None
)
CONTENTS = Contents([LOAN], [HOLD], [CHARGE], [BOOKING])
#: What whoever asks for a message says besides.
FACTS: dict[str, Any] = {
    "amount": 20_000,
    "currency": "DKK",
    "days": 8,
    "reason": "fees",
    "text": "Kom og hent din paraply.",
    "expires": "2027-02-01",
    "order": "A1",
    "number": 2,
    "fee": 6_000,
    "next": "bill",
    "next_date": "2027-03-01",
    "refused": "",
    "lines": [
        {"title": "Et", "due": DUE.isoformat(), "renewed": True, "reason": ""},
        {"title": "To", "due": DUE.isoformat(), "renewed": False, "reason": "andre venter"},
        {"title": "Tre", "due": DUE.isoformat(), "renewed": None, "reason": ""},
    ],
}
LANGUAGES = ("da", "en")
#: What is shipped alone, compiled once.
PLAIN = Templates()


def made(
    kind: NoticeKind,
    channel: str = "email",
    *,
    language: str = "da",
    folder: Path | None = None,
    contents: Contents = CONTENTS,
    facts: dict[str, Any] = FACTS,
    about: Person | None = None,
    channels: Mapping[str, ChannelTraits] = CHANNELS,
) -> Text:
    person = Person(1, 1, "adult", "Ida Ørsted", "Ida", language, EMAIL, "", None)
    return compose(
        Post(PLAIN if folder is None else Templates(folder), channels),
        kind,
        channel,
        Draft(
            branch=BRANCH, recipient=person, about=about or person, contents=contents, facts=facts
        ),
        now=datetime(2027, 1, 15, 11, tzinfo=UTC),
    )


@each("kind language", list(product(NoticeKind, LANGUAGES)), str)
def test_every_type_has_a_template(kind: NoticeKind, language: str) -> None:
    assert (SHIPPED / language / f"{kind.value}.txt").is_file()
    for channel, traits in CHANNELS.items():
        text = made(kind, channel, language=language)
        assert text.language == language
        assert text.template == f"{language}/{kind.value}.txt"
        assert text.subject
        assert "\n" not in text.subject
        assert "{" not in text.body
        if traits.form is Form.SMS:
            assert "\n" not in text.body
            assert is_gsm(text.body), text.body
            assert len(segments(text.body)) <= 2, text.body
        else:
            assert text.body.startswith(("Kære Ida Ørsted", "Dear Ida Ørsted"))
            assert text.body.endswith("Hovedbiblioteket\nByens Biblioteker")


@each("kind language", list(product(NoticeKind, LANGUAGES)), str)
def test_a_template_needs_no_more_than_its_type_is_sure_of(kind: NoticeKind, language: str) -> None:
    """What is optional for whoever asks is not missed: only what the type itself needs."""
    needed = {
        NoticeKind.BLOCKED: {"reason": "fees"},
        NoticeKind.UNBLOCKED: {"reason": "fees"},
        NoticeKind.BLOCK_WARNING: {"amount": 1, "currency": "DKK", "days": 8},
        NoticeKind.CARD_EXPIRING: {"expires": "2027-02-01"},
        NoticeKind.PAYMENT_RECEIVED: {"amount": 1, "currency": "DKK", "order": ""},
        NoticeKind.PURCHASE: {"text": "Hej"},
        NoticeKind.SUPPLIER_AGREEMENT: {"text": "Hej"},
        NoticeKind.STAFF: {"text": "Hej"},
        NoticeKind.SORTER_MESSAGE: {"text": "Hej"},
        NoticeKind.SMS_RENEWED: {"lines": [], "refused": ""},
    }.get(kind, {})
    for channel in ("email", "sms", "print"):
        assert made(kind, channel, language=language, facts=needed).body


CHILD = Person(2, 1, "child", "Bo Barn", "Bo", "", "", "", None)
#: What speaks to the reader, whoever it is about: thanks, a promise to write, answers to a text.
TO_THE_READER = re.compile("Du hører fra os igen|You will hear from us again|Thank you")
SECOND_PERSON = re.compile(r"\b(du|dig|din|dit|dine|you|your|yours)\b", re.IGNORECASE)
ANSWERS = {NoticeKind.SMS_RENEWED, NoticeKind.SMS_NOT_UNDERSTOOD}


@each(
    "kind language",
    [(kind, language) for kind in NoticeKind if kind not in ANSWERS for language in LANGUAGES],
    str,
)
def test_a_guardian_is_not_told_of_loans_and_debts_as_their_own(
    kind: NoticeKind, language: str
) -> None:
    warning = {"amount": 20_000, "currency": "DKK", "days": 8}
    facts = [FACTS | {"text": "Paraply"}, FACTS | {"text": "Paraply", "reason": "debt"}]
    facts += [each | {"next": None, "block_warning": warning} for each in facts]
    for channel in ("email", "sms", "print"):
        for told_of in facts:
            text = made(kind, channel, language=language, facts=told_of, about=CHILD)
            told = TO_THE_READER.sub("", f"{text.subject}\n{text.body}")
            assert not SECOND_PERSON.search(told), told
            assert text.body.count("Bo Barn"), text.body
            assert "Bo Barn: Bo Barn" not in text.body
            assert ".." not in told.replace("...", ""), told
            own = made(kind, channel, language=language, facts=told_of)
            assert ".." not in own.body.replace("...", ""), own.body


@pytest.mark.parametrize(("language", "word"), [("da", "FORNY"), ("en", "RENEW")])
def test_a_text_says_that_it_can_be_answered_only_where_it_can(language: str, word: str) -> None:
    soon = NoticeKind.DUE_SOON
    answered = CHANNELS | {"sms": replace(CHANNELS["sms"], takes_answers=True)}
    assert word not in made(soon, "sms", language=language).body
    assert word in made(soon, "sms", language=language, channels=answered).body
    guardian = made(soon, "sms", language=language, channels=answered, about=CHILD)
    assert word not in guardian.body  # it would renew the guardian's own loans
    for channel in ("email", "print"):
        letter = made(soon, channel, language=language, channels=answered).body
        assert word not in letter
        assert "website" not in letter
        assert "hjemmeside" not in letter


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_warning_and_a_block_for_debt_say_whom_to_pay(language: str) -> None:
    pay = {"da": "Betal på Hovedbiblioteket", "en": "Please pay at Hovedbiblioteket"}[language]
    warning = {"amount": 20_000, "currency": "DKK", "days": 8}
    for kind, facts in (
        (NoticeKind.BLOCK_WARNING, warning),
        (NoticeKind.BLOCKED, {"reason": "debt"}),
        (NoticeKind.OVERDUE, {"block_warning": warning}),
    ):
        text = made(kind, language=language, facts=facts, contents=Contents([LOAN], [], [], []))
        assert "Byens Biblioteker" in text.body.split("Hovedbiblioteket")[0]
        assert pay in text.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_title_that_was_cut_ends_its_sentence(language: str) -> None:
    late = Contents([LOAN._replace(title="Eventyr, fortalte for Børn og voksne")], [], [], [])
    text = made(NoticeKind.OVERDUE, "sms", language=language, contents=late).body
    assert "Eventyr, fortalte for... " in text


def test_who_is_blocked_otherwise_is_not_told_that_they_can_borrow() -> None:
    blocked = replace(PERSON, blocks={("excluded", 2)})
    assert "kan låne igen" in made(NoticeKind.UNBLOCKED).body
    assert "kan låne igen" not in made(NoticeKind.UNBLOCKED, about=blocked).body


def test_every_type_that_is_about_rows_has_a_check() -> None:
    from circulation.notices.kinds import TRAITS, Basis

    about_rows = {kind for kind in NoticeKind if TRAITS[kind].basis is not Basis.PATRON}
    assert set(CHECKS) == about_rows


def test_the_danish_bill_in_words() -> None:
    text = made(NoticeKind.BILL, facts={}, contents=Contents([LOAN], [], [CHARGE], []))
    assert text.subject == "Regning"
    assert "* 1. februar 2027: Erstatning: 1.234,50 kr." in text.body
    assert "I alt 1.234,50 kr." in text.body
    english = made(NoticeKind.BILL, language="en", facts={})
    assert "In all DKK 1,234.50" in english.body


def test_a_language_without_templates_is_danish() -> None:
    assert made(NoticeKind.OVERDUE, language="pl").language == "da"
    assert made(NoticeKind.OVERDUE, language="en-GB").language == "en"


def own(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_the_librarys_own_template_goes_first(tmp_path: Path) -> None:
    own(
        tmp_path,
        "da/overdue.txt",
        '{% extends "shipped:overdue.txt" %}{% block subject %}Nu er det sent{% endblock %}',
    )
    text = made(NoticeKind.OVERDUE, folder=tmp_path)
    assert text.subject == "Nu er det sent"
    assert "Lånetiden er udløbet for:" in text.body


def test_the_branch_goes_before_the_agency_and_the_channel_before_both(tmp_path: Path) -> None:
    for place, word in (("DK-900100/", "kommune"), ("DK-900101/", "filial")):
        own(
            tmp_path,
            f"{place}da/overdue.txt",
            '{% extends "layout.txt" %}{% block subject %}' + word + "{% endblock %}",
        )
    assert made(NoticeKind.OVERDUE, folder=tmp_path).subject == "filial"
    own(
        tmp_path,
        "da/overdue.sms.txt",
        '{% extends "layout.txt" %}{% block sms %}Kort{% endblock %}',
    )
    assert made(NoticeKind.OVERDUE, "sms", folder=tmp_path).body == "Kort"
    assert made(NoticeKind.OVERDUE, "email", folder=tmp_path).subject == "filial"


def test_branches_without_templates_of_their_own_share_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A country has more branches than there are templates that are kept compiled."""
    own(tmp_path, "DK-1/da/welcome.txt", '{% extends "shipped:welcome.txt" %}')
    templates = Templates(tmp_path)
    read: list[Path] = []
    read_text = Path.read_text

    def counted(path: Path, *arguments: Any, **named: Any) -> str:
        read.append(path)
        return read_text(path, *arguments, **named)

    monkeypatch.setattr(Path, "read_text", counted)
    context = {"library": {"name": "By", "agency": "B"}}
    for number in range(2, 50):
        place = (f"DK-{number}", "DK-A")
        templates.render("welcome", "da", part="subject", context=context, place=place)
    assert len(read) == len(set(read)) == 3  # the template, the layout, and the lists of that
    templates.render("welcome", "da", part="subject", context=context, place=("DK-1", "DK-A"))
    assert tmp_path / "DK-1" / "da" / "welcome.txt" in read


def test_a_changed_template_counts_at_once(tmp_path: Path) -> None:
    import os

    templates = Templates(tmp_path)
    for number, word in enumerate(("Før", "Efter")):
        own(
            tmp_path,
            "da/welcome.txt",
            "{% extends 'layout.txt' %}{% block subject %}" + word + "{% endblock %}",
        )
        os.utime(tmp_path / "da" / "welcome.txt", (number, number))
        context = {"library": {"name": "By", "agency": "B"}}
        rendered = templates.render("welcome", "da", part="subject", context=context)
        assert rendered.text == word


@pytest.mark.parametrize(
    "wrong",
    [
        "{{ 1 / 0 }}",
        "{{ recipient.nickname }}",
        "{% if %}",
        "{{ ''.__class__.__mro__ }}",
        "{% include '../../../etc/passwd' %}",
        "{{ loans.append(1) }}",
        "{{ now|nothing }}",
    ],
)
def test_a_template_that_fails_is_replaced_by_the_shipped_one(wrong: str, tmp_path: Path) -> None:
    own(tmp_path, "da/overdue.txt", wrong)
    with pytest.raises(BadTemplate, match="overdue"):
        Templates(tmp_path).render(
            "overdue",
            "da",
            part="text",
            context={"recipient": {}, "now": DUE, "loans": []},
        )
    assert "Lånetiden er udløbet for:" in made(NoticeKind.OVERDUE, folder=tmp_path).body


def test_what_stands_in_titles_is_not_run() -> None:
    contents = Contents([LOAN._replace(title="{{ 7 * 7 }} {% raw %}")], [], [], [])
    assert "{{ 7 * 7 }}" in made(NoticeKind.OVERDUE, contents=contents).body
