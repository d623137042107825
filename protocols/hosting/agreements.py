"""Partners of the set-up (`tiro apply`): checks their options, and makes partners of them, for the
protocols that have partners."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from circulation.callers import partners
from circulation.callers.registries import REGISTRY
from circulation.interlending.suppliers import (
    SUPPLIER_OPTIONS,
    SUPPLIER_TERMS,
    supplier_options,
)
from circulation.kernel.results import Branch
from circulation.kernel.set_up import SetUp
from circulation.languages.sentences import Sentence
from protocols.hosting.validating import problem_of

log = logging.getLogger(__name__)

P = TypeVar("P")
#: The name of a partner's table in the set-up, and no option there.
AGENCY: Final = "agency"
#: Options that all partners have, whatever their protocol.
_COMMON: Final = SUPPLIER_OPTIONS | {
    *(AGENCY, "name", "branch", "shared_secret", partners.PROTOCOL, REGISTRY)
}
#: Those that are checked elsewhere.
_NOT_ITS_OWN: Final = SUPPLIER_OPTIONS | {REGISTRY}


class Agreements(Generic[P]):
    """What one protocol agrees on with its partners: settings of its class of partners."""

    def __init__(self, protocol: str, setting: Any) -> None:
        """`setting`: the class, with what is checked before it."""
        self._protocol = protocol
        self._adapter: TypeAdapter[P] = TypeAdapter(setting)

    def problems(self, options: Mapping[str, Any]) -> dict[str, Sentence]:
        """What is wrong with the options of a partner, by name."""
        problems = {}
        if AGENCY in options:
            problems[AGENCY] = Sentence("AGENCY_IS_TABLE", agency=str(options[AGENCY]))
        own = {name: each for name, each in options.items() if name not in _NOT_ITS_OWN}
        for adapter, given in (
            (self._adapter, own | {AGENCY: "x", "branch": "x"}),
            (SUPPLIER_TERMS, supplier_options(options)),
        ):
            try:
                adapter.validate_python(given)
            except ValidationError as error:
                for detail in error.errors():
                    name = str(detail["loc"][0]) if detail["loc"] else ""
                    problems[name] = problem_of(detail, unknown="NO_OPTION")
        return problems

    def partner_of(self, stored: partners.Partner, branch: Branch) -> P:
        """The partner, whose work is done at the branch. Raises ValidationError."""
        own = {
            AGENCY: stored.agency,
            "name": stored.name,
            "branch": branch.isil,
            "shared_secret": stored.shared_secret,
        }
        options = {name: value for name, value in stored.options.items() if name not in _COMMON}
        return self._adapter.validate_python(options | own)

    def partners(self, set_up: SetUp) -> dict[str, P]:
        """All partners of the set-up with whom this protocol is spoken, by their agency."""
        found = {}
        for agency, stored in partners.PARTNERS.of(set_up).items():
            if stored.protocol != self._protocol:
                continue
            try:
                found[agency] = self.partner_of(stored, set_up.branches[stored.branch_id])
            except ValidationError as error:
                # It was checked when it was applied, it seems by another version of this program.
                log.error("the partner %s is left out: %s", stored.agency, error)
        return found
