"""Postal addresses and the names of organisations (Z39.83-1-2012, 6.1)."""

from __future__ import annotations

from typing import Any

from protocols.ncip.messages import Code
from protocols.ncip.models.elements import element
from protocols.ncip.models.rows import CODE, ONE, OPTIONAL, TEXT, Row


@element
class ElectronicAddress:
    electronic_address_type: Code | None = None
    electronic_address_data: str | None = None


@element
class UnstructuredAddress:
    unstructured_address_type: Code | None = None
    unstructured_address_data: str | None = None


@element
class StructuredAddress:
    street: str | None = None
    line1: str | None = None
    line2: str | None = None
    locality: str | None = None
    region: str | None = None
    country: str | None = None
    postal_code: str | None = None


@element
class PhysicalAddress:
    structured_address: StructuredAddress | None = None
    unstructured_address: UnstructuredAddress | None = None
    physical_address_type: Code | None = None


@element
class ShippingInformation:
    shipping_instructions: str | None = None
    shipping_note: str | None = None
    physical_address: PhysicalAddress | None = None
    electronic_address: ElectronicAddress | None = None


@element
class OrganizationNameInformation:
    organization_name_type: Code | None = None
    organization_name: str | None = None


LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    ElectronicAddress: (
        Row("electronic_address_type", CODE, ONE),
        Row("electronic_address_data", TEXT, ONE),
    ),
    UnstructuredAddress: (
        Row("unstructured_address_type", CODE, ONE),
        Row("unstructured_address_data", TEXT, ONE),
    ),
    StructuredAddress: (
        Row("street", TEXT, ONE, choice="form"),
        Row("line1", TEXT, ONE, choice="form"),
        Row("line2", TEXT, OPTIONAL, choice="form"),
        Row("locality", TEXT, OPTIONAL),
        Row("region", TEXT, OPTIONAL),
        Row("country", TEXT, OPTIONAL),
        Row("postal_code", TEXT, OPTIONAL),
    ),
    PhysicalAddress: (
        Row("structured_address", StructuredAddress, ONE, choice="form"),
        Row("unstructured_address", UnstructuredAddress, ONE, choice="form"),
        Row("physical_address_type", CODE, ONE),
    ),
    ShippingInformation: (
        Row("shipping_instructions", TEXT, OPTIONAL),
        Row("shipping_note", TEXT, OPTIONAL),
        Row("physical_address", PhysicalAddress, ONE, choice="address"),
        Row("electronic_address", ElectronicAddress, ONE, choice="address"),
    ),
    OrganizationNameInformation: (
        Row("organization_name_type", CODE, ONE),
        Row("organization_name", TEXT, ONE),
    ),
}
