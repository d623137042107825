"""Institutional patrons: other libraries, to which items are lent.

A partner's agreement says by patterns which identifiers are institutions (``INST-*``). An unknown
one is registered when it is first named, so that nobody has to keep a list of libraries for a
partner.
"""

from __future__ import annotations

from typing import Any

from circulation.interlending.institutions import LONGEST, Institution
from circulation.interlending.institutions import register_institution as registered_institution
from circulation.kernel.organisation import find_branch
from protocols.hosting.answering import Context
from protocols.ncip.messages import Problem, Refusal, Response
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.named import desk_of
from protocols.ncip.subjects.users import named_user


def institution_in(request: Any, caller: Partner) -> str | None:
    """The institutional patron that a request names; None if it names somebody else."""
    if not caller.institutions or not hasattr(request, "user_id"):
        return None
    given = request.user_id.user_identifier_value if request.user_id else None
    if given is None and hasattr(request, "authentication_input"):
        user = named_user(request)
        given = None if isinstance(user, Problem) else user.identifier
    if given is None or len(given) > LONGEST or not given.isprintable():
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
    branch = find_branch(context.transaction, isil=caller.branch)
    if branch is None:
        return
    registered_institution(
        context.act(desk_of(caller, context)),
        Institution(identifier, branch.id, caller.institution_category, caller.known_as),
    )
