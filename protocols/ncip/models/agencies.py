"""LookupAgency (Z39.83-1-2012, 5.3.1)."""

from typing import Annotated

from protocols.ncip.messages import (
    Code,
    InitiationMessage,
    ResponseMessage,
)
from protocols.ncip.models.addresses import OrganizationNameInformation, PhysicalAddress
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import LocationName
from protocols.ncip.models.marks import ONE, SOME, V2, Choice, Since


@element
class LookupAgency(InitiationMessage):
    agency_id: Annotated[Code, ONE] | None = None
    agency_element_type: Annotated[tuple[Code, ...], SOME] = ()


@element
class AgencyAddressInformation:
    agency_address_role_type: Annotated[Code, ONE] | None = None
    physical_address: Annotated[PhysicalAddress, Choice("address")] | None = None


@element
class PromptOutput:
    authentication_prompt_data: Annotated[str, ONE] | None = None
    authentication_prompt_type: Annotated[Code, ONE] | None = None


@element
class PromptInput:
    authentication_input_type: Annotated[Code, ONE] | None = None
    authentication_data_format_type: Annotated[Code, ONE] | None = None
    sensitive_data_flag: bool | None = None


@element
class AuthenticationPrompt:
    prompt_output: Annotated[PromptOutput, ONE] | None = None
    prompt_input: Annotated[PromptInput, ONE] | None = None


@element
class Ext:
    """Places of pickup, as discovery systems read them, with numbers as their levels."""

    location_name: LocationName | None = None


@element
class LookupAgencyResponse(ResponseMessage):
    agency_id: Annotated[Code, Choice("outcome")] | None = None
    organization_name_information: tuple[OrganizationNameInformation, ...] = ()
    agency_address_information: tuple[AgencyAddressInformation, ...] = ()
    authentication_prompt: tuple[AuthenticationPrompt, ...] = ()
    application_profile_supported_type: tuple[Code, ...] = ()
    consortium_agreement: tuple[Code, ...] = ()
    agency_user_privilege_type: tuple[Code, ...] = ()
    ext: Annotated[Ext, Since(V2)] | None = None
