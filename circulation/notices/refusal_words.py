"""Why a loan was not renewed, in a few words that fit into a text message."""

from __future__ import annotations

from collections.abc import Sequence

from circulation.kernel.reasons import Reason
from circulation.languages.installed import language as language_called


def why_not_renewed(reasons: Sequence[Reason], language: str) -> str:
    """The weightiest reason that has words."""
    words = language_called(language).words
    for reason in reasons:
        if (said := words.pgettext("not renewed", reason.name)) != reason.name:
            return said
    return words.pgettext("not renewed", "OTHERWISE")
