"""LookupAgency (Z39.83-1-2012, 5.3.1): a library, where it is, and its places of pickup."""

from __future__ import annotations

from collections.abc import Sequence

from circulation.kernel.results import Branch
from circulation.kernel.set_up import SetUp
from circulation.kernel.trees import CATEGORIES
from protocols.hosting.answering import Context
from protocols.ncip.messages import Code, Response
from protocols.ncip.models.addresses import OrganizationNameInformation
from protocols.ncip.models.agencies import (
    AgencyAddressInformation,
    AuthenticationPrompt,
    Ext,
    LookupAgency,
    LookupAgencyResponse,
    PromptInput,
    PromptOutput,
)
from protocols.ncip.models.items import LocationName, LocationNameInstance
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.users import desired, postal_address

_TEXT = Code("text/plain")
_PROMPTS = (
    AuthenticationPrompt(
        PromptOutput("Card number", Code("Text")), PromptInput(Code("Barcode Id"), _TEXT)
    ),
    AuthenticationPrompt(
        PromptOutput("PIN", Code("Text")),
        PromptInput(Code("PIN"), _TEXT, sensitive_data_flag=True),
    ),
)


def look_up_agency(request: LookupAgency, caller: Partner, context: Context) -> Response:
    """An agency or a branch, by its ISIL.

    The addresses are the places of pickup, one for each branch: its name, then the ISIL that
    PickupLocation takes. AgencyElementType says which elements; without one, all. Partners with
    `places_by_number` also get the branches by number, which PickupLocation accepts too.
    """
    if request.agency_id is None:
        return refusal(
            request, problem(ProblemType.NEEDED_DATA_MISSING, "no agency is given", "AgencyId")
        )
    set_up = context.circulation.current_set_up(context.transaction)
    branches = _branches(set_up, request.agency_id.value)
    if not branches:
        return refusal(
            request,
            problem(
                ProblemType.UNKNOWN_AGENCY,
                "no agency and no branch has this ISIL",
                "AgencyId",
                request.agency_id.value,
            ),
        )
    wanted = desired(request.agency_element_type)

    def told(name: str) -> bool:
        return not wanted or name in wanted

    is_branch = request.agency_id.value.casefold() != branches[0].agency_isil.casefold()
    name = branches[0].name if is_branch else branches[0].agency_name
    return LookupAgencyResponse(
        agency_id=request.agency_id,
        organization_name_information=(
            (OrganizationNameInformation(Code("Official Name"), name),)
            if told("organizationnameinformation")
            else ()
        ),
        agency_address_information=(
            tuple(_address(branch) for branch in branches)
            if told("agencyaddressinformation")
            else ()
        ),
        authentication_prompt=_PROMPTS if told("authenticationprompt") else (),
        agency_user_privilege_type=(
            tuple(Code(node.code) for node in CATEGORIES.all(context.transaction))
            if told("agencyuserprivilegetype")
            else ()
        ),
        ext=Ext(_numbered(branches)) if caller.places_by_number else None,
    )


def _branches(set_up: SetUp, isil: str) -> list[Branch]:
    """The branches of the agency, by name; or the branch."""
    wanted = isil.casefold()
    of_agency = [each for each in set_up.branches.values() if each.agency_isil.casefold() == wanted]
    found = of_agency or [
        each for each in set_up.branches.values() if each.isil.casefold() == wanted
    ]
    return sorted(found, key=lambda branch: (branch.name, branch.id))


def _numbered(branches: Sequence[Branch]) -> LocationName:
    return LocationName(tuple(LocationNameInstance(each.id, each.name) for each in branches))


def _address(branch: Branch) -> AgencyAddressInformation:
    return AgencyAddressInformation(
        Code("Ship To"), postal_address(f"{branch.name}\n{branch.isil}")
    )
