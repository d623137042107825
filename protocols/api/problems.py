"""Refusals by RFC 9457: what a problem is, and how those of circulation become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from circulation.kernel.overriding import overriding_right
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.kernel.rights import Principal, Right
from circulation.languages.installed import language as language_called
from circulation.languages.sentences import Sentence, said_in
from circulation.ledger.money import debts_text
from protocols.api.models.answers import Money, money

if TYPE_CHECKING:
    from circulation.staff.results import SignInRefusal


class Outcome(Enum):
    """Everything that may be wrong: its status, and the end of the URI that is its `type`.

    Its title is a sentence of the context "problem".
    """

    NOT_JSON = 400, "not-json"
    NOT_SIGNED_IN = 401, "not-signed-in"
    SIGN_IN_REFUSED = 401, "sign-in-refused"
    RIGHT_MISSING = 403, "right-missing"
    OTHER_ORIGIN = 403, "other-origin"
    NOT_FOUND = 404, "not-found"
    METHOD_NOT_ALLOWED = 405, "method-not-allowed"
    NOT_ACCEPTABLE = 406, "not-acceptable"
    REFUSED = 409, "refused"
    CONFLICT = 409, "conflict"
    DONE_BY_ANOTHER = 409, "done-by-another"
    CHANGED_MEANWHILE = 412, "changed-meanwhile"
    ANOTHER_SIGNED_IN = 412, "another-signed-in"
    TOO_LARGE = 413, "too-large"
    UNSUPPORTED_MEDIA_TYPE = 415, "unsupported-media-type"
    MALFORMED = 422, "malformed"
    KEY_REUSED = 422, "key-reused"
    KEY_MISSING = 428, "key-missing"
    VERSION_MISSING = 428, "version-missing"
    TOO_MANY_REQUESTS = 429, "too-many-requests"
    FAULT = 500, "fault"
    UNAVAILABLE = 503, "unavailable"
    OUTCOME_UNKNOWN = 503, "outcome_unknown"

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def type(self) -> str:
        """The URI that says which problem it is."""
        return f"urn:tiro:problem:{self.value[1]}"

    def title(self, language: str) -> str:
        return language_called(language).words.pgettext("problem", self.name)


@dataclass(frozen=True, slots=True)
class ProblemReason:
    """One reason why the rules refuse. `overridable`: somebody with `right` may pass over it, and
    `may` tells whether the caller is one. `fee` is what would have to be agreed to. `limit`,
    `opens` and `block` are the facts behind it, where there are any."""

    code: str
    text: str
    overridable: bool = False
    right: str | None = None
    may: bool = False
    fee: Money | None = None
    limit: int | None = None
    opens: datetime | None = None
    block: str | None = None


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the request: `rule` names the kind of mistake."""

    field: str
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class ProblemDocument:
    """A problem (RFC 9457). `reasons` has all that the rules say against it, the weightiest first;
    `errors` all that is wrong with the request; `right` the right that is missing."""

    type: str
    title: str
    status: int
    detail: str | None = None
    right: str | None = None
    reasons: tuple[ProblemReason, ...] = ()
    errors: tuple[FieldError, ...] = ()


class Problem(Exception):
    """Raised, or given back, by whoever refuses a request.

    Raised within a handler it undoes what was done; given back it leaves it, and is kept as the
    answer of the request.
    """

    def __init__(
        self,
        outcome: Outcome,
        detail: str | None = None,
        *,
        right: Right | None = None,
        reasons: Sequence[ProblemReason] = (),
        errors: Sequence[FieldError] = (),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome
        self.detail = detail
        self.right = right
        self.reasons = tuple(reasons)
        self.errors = tuple(errors)
        self.headers = headers

    def document(self, language: str) -> ProblemDocument:
        return ProblemDocument(
            self.outcome.type,
            self.outcome.title(language),
            self.outcome.status,
            None if self.detail is None else said_in(language, self.detail),
            None if self.right is None else self.right.value,
            self.reasons,
            tuple(replace(each, text=said_in(language, each.text)) for each in self.errors),
        )


def said_by(error: Exception) -> str:
    """What the error says: a sentence, where it was raised with one."""
    (said,) = error.args if len(error.args) == 1 else (error,)
    return said if isinstance(said, str) else str(error)


def malformed(field: str, rule: str, text: str) -> Problem:
    """One field is wrong."""
    whole = Sentence("AT", path=field, text=text)
    return Problem(Outcome.MALFORMED, whole, errors=(FieldError(field, rule, text),))


def refused(refusal: Refused, principal: Principal, language: str) -> Problem:
    """What the rules say against it, for whoever asks."""
    return Problem(Outcome.REFUSED, reasons=reasons_of(refusal.refusals, principal, language))


def reasons_of(
    refusals: Sequence[Refusal], principal: Principal, language: str
) -> tuple[ProblemReason, ...]:
    return tuple(_reason(each, principal, language) for each in refusals)


def reason_said(reason: Reason, language: str) -> str:
    """The reason in that language."""
    return language_called(language).words.pgettext("reason", reason.name)


def sign_in_reason(refusal: SignInRefusal, language: str) -> ProblemReason:
    """Return why somebody is not let in, in that language."""
    text = language_called(language).words.pgettext("sign-in refusal", refusal.name)
    return ProblemReason(refusal.name, text)


def _reason(refusal: Refusal, principal: Principal, language: str) -> ProblemReason:
    reason = refusal.reason
    right = overriding_right(reason)
    text = reason_said(reason, language)
    if refusal.debts:
        text = f"{text} {debts_text(refusal.debts)}"
    is_fee = reason is Reason.FEE_NOT_ACKNOWLEDGED
    return ProblemReason(
        reason.name,
        text,
        right is not None,
        None if right is None else right.value,
        right is not None and principal.may(right, principal.agency_id, principal.branch_id),
        money(refusal.amount, refusal.currency) if is_fee else None,
        refusal.limit,
        refusal.opens,
        None if refusal.block is None else refusal.block.name,
    )
