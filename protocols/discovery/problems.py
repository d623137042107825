"""What is wrong with a request, as PAIA (2.7) and DAIA (error responses) say it: a word, a status.

Documents that cannot be had are none of these: they are answers, with an error of their own.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from circulation.languages.installed import language as language_called
from circulation.languages.sentences import Sentence, said_in
from circulation.staff.results import SignInRefusal
from protocols.discovery.messages import Answer


class Fault(Enum):
    """Its status, and the word for it in ``error``."""

    MALFORMED = 400, "invalid_request"
    TOKEN_INVALID = 401, "invalid_grant"
    ACCESS_DENIED = 403, "access_denied"
    SCOPE_MISSING = 403, "insufficient_scope"
    NOT_FOUND = 404, "not_found"
    METHOD_UNKNOWN = 405, "invalid_request"
    UNFIT = 422, "invalid_request"
    TOO_MANY_REQUESTS = 429, "too_many_requests"
    FAILED = 500, "internal_error"
    NOT_IMPLEMENTED = 501, "not_implemented"
    UNAVAILABLE = 503, "service_unavailable"
    OUTCOME_UNKNOWN = 503, "outcome_unknown"

    @property
    def status(self) -> int:
        return self.value[0]


class Denied(Exception):
    """The request is not answered, and what was written for it is undone where it is raised.

    `text` never holds what was sent, which may be a PIN. It is a sentence in most cases.
    """

    def __init__(
        self,
        fault: Fault,
        text: str | SignInRefusal,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.text = text
        self.headers = headers

    def answer(self, language: str, *, with_code: bool = True) -> Answer:
        """Return the error as it is sent, with its description in that language.

        ``code`` would confuse OAuth clients, so that PAIA auth leaves it out.
        """
        told: dict[str, Any] = {"error": self.fault.value[1]}
        if with_code:
            told["code"] = self.fault.status
        told["error_description"] = self._describe(language)
        return Answer(self.fault.status, told, self.headers)

    def _describe(self, language: str) -> str:
        if isinstance(self.text, SignInRefusal):
            words = language_called(language).words
            return words.pgettext("sign-in refusal", self.text.name)
        return said_in(language, self.text)


def unfit(field: str, text: str) -> Denied:
    """Return the fault of one field that does not fit."""
    return Denied(Fault.UNFIT, Sentence("AT", path=field, text=text))
