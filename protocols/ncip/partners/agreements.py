"""Partners of the set-up (`tiro apply`): checks their options, and makes partners of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from circulation.callers import partners
from circulation.callers.partners import PROTOCOL
from circulation.kernel.results import Branch
from protocols.hosting.validating import problem_of
from protocols.ncip.settings import Partner, PartnerSetting

_PARTNER: TypeAdapter[Partner] = TypeAdapter(PartnerSetting)
#: Options that all partners have, whatever their protocol.
_COMMON = frozenset({"agency", "name", "branch", "shared_secret", PROTOCOL})


def partner_problems(options: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the options of a partner, which are settings of a `Partner`."""
    problems = {}
    try:
        _PARTNER.validate_python({"agency": "x", "branch": "x"} | dict(options))
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0]) if detail["loc"] else ""
            problems[name] = problem_of(detail, unknown="no such option")
    return problems


def partner_of(stored: partners.Partner, branch: Branch) -> Partner:
    """The partner, whose work is done at the branch. Raises ValidationError."""
    own = {
        "agency": stored.agency,
        "name": stored.name,
        "branch": branch.isil,
        "shared_secret": stored.shared_secret,
    }
    options = {name: value for name, value in stored.options.items() if name not in _COMMON}
    return _PARTNER.validate_python(options | own)
