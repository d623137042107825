"""No text that reaches a person mixes languages: every type of message, charge, reason and slip,
in every language and form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from circulation.dunning.collection_files import _DESCRIPTIONS
from circulation.kernel.reasons import BlockReason, Reason
from circulation.languages.installed import SHIPPED, complete_tags
from circulation.ledger.charge_words import ChargeReason, charge_text, own_words
from circulation.ledger.money import ChargeKind
from circulation.notices.channels import CHANNELS
from circulation.notices.contents import Contents
from circulation.notices.kinds import NoticeKind
from circulation.notices.refusal_words import why_not_renewed
from tests.circulation.notices.test_templates import (
    BOOKING,
    CHARGE,
    DUE,
    FACTS,
    HOLD,
    LANGUAGES,
    LOAN,
    PLAIN,
    made,
)
from tests.trials import drawn

#: Words that one language has and the other has not.
WORDS = {
    "da": "og er ikke du dig din dit til på af senest afleveres afleveret aflever gebyr gebyret "
    "erstatning lån lånt låner betal vi har kan skylder det den de i alt kære hilsen eller når "
    "kravet koster hentes nr stk med som din dine fra hos materialer materialerne bliver blev",
    "en": "the and is are not you your to of by fee fees pay paid we have has due returned return "
    "loan loans compensation dear or when owe owes claim costs reminder charge what was were this "
    "that with from at on it be will can cannot no please library borrow",
}
#: What both have, or what is a name.
_BOTH = {"at", "de", "i", "stk", "no", "den"}
_OTHER = {
    language: {
        word
        for other, words in WORDS.items()
        if other != language
        for word in words.split()
        if word not in _BOTH and word not in WORDS[language].split()
    }
    for language in WORDS
}


def strangers(text: str, language: str) -> set[str]:
    """Words of the other language."""
    return set(re.findall(r"[a-zæøåA-ZÆØÅ]+", text.lower())) & _OTHER[language]


#: Names and titles that belong to no language.
NEUTRAL: dict[str, Any] = {"title": "Titania", "author": "Krohn"}


def contents(*charges: Any) -> Contents:
    return Contents(
        [LOAN._replace(**NEUTRAL, branch="Nord")],
        [HOLD._replace(**NEUTRAL, branch="Nord")],
        list(charges) or [CHARGE],
        [BOOKING._replace(**NEUTRAL, branch="Nord")],
    )


def facts(language: str) -> Iterator[dict[str, Any]]:
    """What whoever asks for a message may say, in every variety that a text looks at."""
    lines = [
        {"title": "Titania", "due": DUE.isoformat(), "renewed": renewed, "reason": reason}
        for renewed in (True, False, None)
        for reason in {why_not_renewed([each], language) for each in Reason}
    ]
    usual = FACTS | {
        "text": "",
        "subject": "",
        **NEUTRAL,
        "step_fee": 100,
        "deadline": "2027-03-01",
        "pay_by": "2027-03-01",
        "prices": [{"loan": 1, "amount": 100, "currency": "DKK"}],
        "next_fee": True,
        "late_fee": True,
        "with_compensation": True,
        "cancelled": [{"charge": 1, "amount": 1, "currency": "DKK", "owed_to_patron": 1}],
        "block_warning": {
            "amount": 1,
            "currency": "DKK",
            "threshold": 1,
            "days": 8,
            "with_compensation": False,
        },
        "why": [{"loan": 1, "da": "lånet er booket", "en": "the loan is booked"}],
        "lines": lines[:3],
    }
    for following in ("overdue", "recall", "bill", "reminder", "collection"):
        yield usual | {"next": following}
    for reason in BlockReason:
        yield usual | {"reason": reason.value}
    yield {
        **{name: usual[name] for name in ("amount", "currency", "days", "reason", "expires")},
        "text": "",
        "order": "",
        "refused": "",
        "lines": [],
        **NEUTRAL,
    }
    for each in lines:
        yield usual | {"lines": [each]}


CHARGES = [
    CHARGE._replace(kind=kind.value, reason=reason)
    for kind, reason in product(ChargeKind, ("", *(each.value for each in ChargeReason)))
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NoticeKind, ids=lambda kind: kind.value)
def test_messages_are_in_one_language(kind: NoticeKind, language: str) -> None:
    name = f"{kind.value} in {language}"
    forms = list(product(facts(language), ("email", "sms", "print")))
    for said, channel in drawn(name, forms, 60):
        text = made(kind, channel, language=language, contents=contents(), facts=said)
        assert not strangers(f"{text.subject} {text.body}", language), (channel, text.body)
    usual = next(facts(language))
    for charge in drawn(name, CHARGES, 20):
        text = made(kind, language=language, contents=contents(charge), facts=usual)
        assert not strangers(text.body, language), text.body


def test_every_form_is_rendered() -> None:
    assert {traits.form.value for traits in CHANNELS.values()} == {"text", "sms", "letter"}


def test_these_are_the_languages_that_say_everything() -> None:
    assert complete_tags() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_slips_are_in_one_language(language: str) -> None:
    owed = {"amount": 500, "currency": "DKK"}
    line = {
        **NEUTRAL,
        "barcode": "I1",
        "checked_in": DUE,
        "loan_due": DUE,
        "loan_mark": "",
        "location": "A",
        "sublocation": "B",
        "call_number": "1",
        "item": "I1",
        "to": "Nord",
        "number": 1,
        "branch": "Nord",
        "deadline": DUE,
    }
    context = {
        "library": {"name": "Nord", "agency": "Nord", "isil": "DK-1"},
        "timezone": "Europe/Copenhagen",
        "now": DUE,
        "patron": "Ida",
        "hold": line,
        "item": line,
        "to": {"name": "Nord", "isil": "DK-1"},
        "is_held": True,
        "lines": [line],
        "total": 1,
        "number": 7,
        "payments": [{"id": 1, "at": DUE, **owed, "charges": [{"text": "I1", **owed}]}],
        "owed": [{"agency": "Nord", **owed}],
        "card": "C1",
        "expires": DUE,
        "blocks": [],
        "ready": [line],
        "waiting": [line | {"place_in_queue": 1}],
        "group": "9.b",
        "members": [{"name": "Ida", "loans": [line]}],
        "loan_days": 28,
    }
    slips = [path.stem for path in (SHIPPED / language).glob("slip_*") if "layout" not in path.stem]
    assert len(slips) >= 4
    for slip, loans in product(slips, ([], [line])):
        for part in ("subject", "text"):
            told = context | {"loans": loans, "returned": loans}
            if slip == "slip_emergency":
                told["lines"] = 8
            text = PLAIN.render(slip, language, part=part, context=told).text
            assert not strangers(text, language), text


def test_the_debtor_system_is_told_in_danish() -> None:
    for text in _DESCRIPTIONS.values():
        assert len(text) <= 100
        assert not strangers(text, "da")
        assert "library" not in text.lower()


def test_words_of_the_staff_are_told_as_they_stand() -> None:
    assert charge_text(ChargeKind.OTHER, "En tabt paraply", "en") == "En tabt paraply"
    assert charge_text(ChargeKind.SERVICE, "", "fo") == "Serviceydelse"
    assert own_words("En tabt paraply") == "En tabt paraply"
    assert {own_words(each.value) for each in ChargeReason} == {""}


def test_the_list_finds_the_other_language() -> None:
    assert strangers("compensation for what was not returned", "da")
    assert strangers("Gebyr for sen aflevering", "en")
