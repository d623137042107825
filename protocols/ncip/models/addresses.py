"""Postal addresses and the names of organisations (Z39.83-1-2012, 6.1)."""

from typing import Annotated

from protocols.ncip.messages import Code
from protocols.ncip.models.elements import element
from protocols.ncip.models.marks import ONE, Choice


@element
class ElectronicAddress:
    electronic_address_type: Annotated[Code, ONE] | None = None
    electronic_address_data: Annotated[str, ONE] | None = None


@element
class UnstructuredAddress:
    unstructured_address_type: Annotated[Code, ONE] | None = None
    unstructured_address_data: Annotated[str, ONE] | None = None


@element
class StructuredAddress:
    street: Annotated[str, Choice("form")] | None = None
    line1: Annotated[str, Choice("form")] | None = None
    line2: str | None = None
    locality: str | None = None
    region: str | None = None
    country: str | None = None
    postal_code: str | None = None


@element
class PhysicalAddress:
    structured_address: Annotated[StructuredAddress, Choice("form")] | None = None
    unstructured_address: Annotated[UnstructuredAddress, Choice("form")] | None = None
    physical_address_type: Annotated[Code, ONE] | None = None


@element
class ShippingInformation:
    shipping_instructions: str | None = None
    shipping_note: str | None = None
    physical_address: Annotated[PhysicalAddress, Choice("address")] | None = None
    electronic_address: Annotated[ElectronicAddress, Choice("address")] | None = None


@element
class OrganizationNameInformation:
    organization_name_type: Annotated[Code, ONE] | None = None
    organization_name: Annotated[str, ONE] | None = None
