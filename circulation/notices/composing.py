"""From what is so now to a text: the context of the templates, and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from circulation.fees.payment_ways import PaymentWays
from circulation.kernel.results import Branch
from circulation.languages.installed import language as language_called
from circulation.ledger.charge_words import charge_text
from circulation.ledger.money import ChargeKind, decimal_of
from circulation.notices.channels import Form
from circulation.notices.contents import NOUNS, Contents
from circulation.notices.kinds import NoticeKind
from circulation.notices.persons import Person
from circulation.notices.plain_values import one_line
from circulation.notices.post import Post
from circulation.notices.rendering import BadTemplate, Rendered, Templates
from circulation.notices.sms_texts import softened

#: Characters of a name before a text message: it is paid by its length.
_LONGEST_NAME = 60
#: Of an agency that has said no way to pay: one pays at the branch.
NOWHERE = PaymentWays()


@dataclass(frozen=True, slots=True)
class Text:
    """A message in words, and with which template they were made."""

    language: str
    subject: str
    body: str
    template: str


class Draft(NamedTuple):
    """What a message is made of: in whose name, to whom, about whom, and what it tells. `payment`
    is how the agency is paid."""

    branch: Branch
    recipient: Person
    about: Person
    contents: Contents
    facts: Mapping[str, Any]
    payment: PaymentWays = NOWHERE


def context_of(draft: Draft, language: str, now: datetime) -> dict[str, Any]:
    """What a template is given. Amounts are in minor units; see the README for the names."""
    branch, recipient, about, contents, facts, payment = draft
    charges = [
        row._asdict() | {"text": charge_text(ChargeKind(row.kind), row.reason, language)}
        for row in contents.charges
    ]
    return {
        "library": {"name": branch.name, "agency": branch.agency_name, "isil": branch.isil},
        "recipient": {"name": recipient.name, "given_name": recipient.given_name},
        "about": {
            "name": about.name,
            "is_other": about.id != recipient.id,
            "is_blocked": bool(about.blocks),
        },
        "facts": facts,
        "now": now,
        "timezone": branch.timezone,
        **{noun: [row._asdict() for row in contents.of(noun)] for noun in NOUNS},
        "charges": charges,
        "total": _total(charges, language),
        "payment": asdict(payment),
    }


def _total(charges: list[dict[str, Any]], language: str) -> str:
    """The sum of what is owed, by currency."""
    sums: dict[str, int] = {}
    for charge in charges:
        sums[charge["currency"]] = sums.get(charge["currency"], 0) + charge["balance"]
    formats = language_called(language).formats
    return " + ".join(
        formats.money(decimal_of(amount, currency), currency) for currency, amount in sums.items()
    )


def compose(post: Post, kind: NoticeKind, channel: str, draft: Draft, *, now: datetime) -> Text:
    """The message for a channel.

    A template of the library's own that fails is replaced by the shipped one: a mistake in one
    keeps nobody from being told. Raises BadTemplate where that fails as well.
    """
    traits, place = post.channels[channel], (draft.branch.isil, draft.branch.agency_isil)

    def made(templates: Templates) -> Text:
        wanted = draft.recipient.language
        language = templates.language(wanted, kind.value, place=place, channel=channel)
        context = context_of(draft, language, now)
        # A text from a guardian's telephone renews the guardian's own loans.
        context["can_answer"] = traits.takes_answers and draft.about.id == draft.recipient.id

        def part(name: str) -> Rendered:
            return templates.render(
                kind.value, language, part=name, context=context, place=place, channel=channel
            )

        body, subject = part(traits.form.value), part("subject")
        text = body.text
        if traits.form is Form.SMS:
            # A letter says in its first lines whom it is about.
            name = one_line(draft.about.name)
            is_named = draft.about.id == draft.recipient.id or name in text
            text = softened(text if is_named else f"{name[:_LONGEST_NAME]}: {text}")
        return Text(language, subject.text, text, body.template)

    try:
        return made(post.templates)
    except BadTemplate:
        if not post.templates.folders:
            raise
        return made(Templates())
