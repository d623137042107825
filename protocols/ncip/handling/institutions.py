"""Institutional patrons: other libraries, to which items are lent.

A partner's agreement says by patterns which identifiers are institutions (``INST-*``). An unknown
one is registered when it is first named, so that nobody has to keep a list of libraries for a
partner.
"""

from __future__ import annotations

from typing import Any

from circulation.kernel.organisation import find_branch
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from circulation.patrons.registering import NewPatron, PatronKind, register_patron
from protocols.hosting.answering import Context
from protocols.ncip.messages import Problem, Refusal, Response
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.named import desk_of
from protocols.ncip.subjects.users import named_user

#: The longest identifier that is registered unseen.
_LONGEST = 64


def institution_in(request: Any, caller: Partner) -> str | None:
    """The institutional patron that a request names; None if it names somebody else."""
    if not caller.institutions or not hasattr(request, "user_id"):
        return None
    given = request.user_id.user_identifier_value if request.user_id else None
    if given is None and hasattr(request, "authentication_input"):
        user = named_user(request)
        given = None if isinstance(user, Problem) else user.identifier
    if given is None or len(given) > _LONGEST or not given.isprintable():
        return None
    return given if caller.is_institution(given) else None


def is_missing(request: Any, caller: Partner, response: Response) -> bool:
    """Was a request refused because its institution is not registered yet?"""
    return (
        caller.registers_institutions
        and isinstance(response, Refusal)
        and ProblemType.UNKNOWN_USER.value
        in {each.problem_type.value for each in response.problem if each.problem_type}
        and institution_in(request, caller) is not None
    )


def register_institution(request: Any, caller: Partner, context: Context) -> None:
    """Registers the institution that the request names, if that is agreed and it is unknown."""
    identifier = institution_in(request, caller)
    if identifier is None or not caller.registers_institutions:
        return
    key = IDENTIFIERS.of(context.circulation)
    if find_patron(context.transaction, identifier, key=key) is not None:
        return
    branch = find_branch(context.transaction, isil=caller.branch)
    if branch is None:
        return
    register_patron(
        context.act(desk_of(caller, context)),
        NewPatron(
            home_branch=branch.id,
            category=caller.institution_category,
            given_name="",
            family_name=identifier,
            name=identifier,
            card=identifier,
            note=f"registered for {caller.known_as}",
            kind=PatronKind.LIBRARY,
        ),
        any_category=True,
    )
