"""The diagnostics that a client gets for a refused request."""

from __future__ import annotations

from typing import Final

from catalogue.query import UnsupportedSearch
from protocols.cql.diagnostics import NUMBER_OF_PART, Refused
from protocols.sru.messages import Diagnostic

#: Before a number, the identifier of a diagnostic.
SET: Final = "info:srw/diagnostic/1/"


def diagnostic_of(error: UnsupportedSearch | Refused) -> Diagnostic:
    """The number and details of a refusal."""
    if isinstance(error, Refused):
        return Diagnostic(error.number, error.details)
    return Diagnostic(NUMBER_OF_PART[error.part], error.value)
