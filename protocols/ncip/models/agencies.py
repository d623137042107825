"""LookupAgency (Z39.83-1-2012, 5.3.1)."""

from __future__ import annotations

from typing import Any

from protocols.ncip.messages import Code, InitiationHeader, ResponseHeader
from protocols.ncip.models.addresses import OrganizationNameInformation, PhysicalAddress
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import LocationName
from protocols.ncip.models.rows import (
    CODE,
    FLAG,
    HEADER,
    MANY,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    TEXT,
    V2,
    Row,
)


@element
class LookupAgency:
    initiation_header: InitiationHeader | None = None
    agency_id: Code | None = None
    agency_element_type: tuple[Code, ...] = ()


@element
class AgencyAddressInformation:
    agency_address_role_type: Code | None = None
    physical_address: PhysicalAddress | None = None


@element
class PromptOutput:
    authentication_prompt_data: str | None = None
    authentication_prompt_type: Code | None = None


@element
class PromptInput:
    authentication_input_type: Code | None = None
    authentication_data_format_type: Code | None = None
    sensitive_data_flag: bool | None = None


@element
class AuthenticationPrompt:
    prompt_output: PromptOutput | None = None
    prompt_input: PromptInput | None = None


@element
class Ext:
    """Places of pickup, as discovery systems read them: the number of each as its level."""

    location_name: LocationName | None = None


@element
class LookupAgencyResponse:
    response_header: ResponseHeader | None = None
    agency_id: Code | None = None
    organization_name_information: tuple[OrganizationNameInformation, ...] = ()
    agency_address_information: tuple[AgencyAddressInformation, ...] = ()
    authentication_prompt: tuple[AuthenticationPrompt, ...] = ()
    application_profile_supported_type: tuple[Code, ...] = ()
    consortium_agreement: tuple[Code, ...] = ()
    agency_user_privilege_type: tuple[Code, ...] = ()
    ext: Ext | None = None


LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    LookupAgency: (
        HEADER,
        Row("agency_id", CODE, ONE),
        Row("agency_element_type", CODE, SOME),
    ),
    AgencyAddressInformation: (
        Row("agency_address_role_type", CODE, ONE),
        Row("physical_address", PhysicalAddress, ONE, choice="address"),
    ),
    PromptOutput: (
        Row("authentication_prompt_data", TEXT, ONE),
        Row("authentication_prompt_type", CODE, ONE),
    ),
    PromptInput: (
        Row("authentication_input_type", CODE, ONE),
        Row("authentication_data_format_type", CODE, ONE),
        Row("sensitive_data_flag", FLAG, OPTIONAL),
    ),
    AuthenticationPrompt: (
        Row("prompt_output", PromptOutput, ONE),
        Row("prompt_input", PromptInput, ONE),
    ),
    Ext: (Row("location_name", LocationName, OPTIONAL),),
    LookupAgencyResponse: (
        RESPONSE_HEADER,
        Row("agency_id", CODE, ONE, choice="outcome"),
        Row("organization_name_information", OrganizationNameInformation, MANY, choice="outcome"),
        Row("agency_address_information", AgencyAddressInformation, MANY, choice="outcome"),
        Row("authentication_prompt", AuthenticationPrompt, MANY, choice="outcome"),
        Row("application_profile_supported_type", CODE, MANY, choice="outcome"),
        Row("consortium_agreement", CODE, MANY, choice="outcome"),
        Row("agency_user_privilege_type", CODE, MANY, choice="outcome"),
        Row("ext", Ext, OPTIONAL, choice="outcome", since=V2),
    ),
}
