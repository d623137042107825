"""The sender and the recipient of a MeMo message, with their details (MeMo_core, MeMo_grd). The
classes are named after the elements. A text has at most 256 characters.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttentionPerson:
    person_id: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ProductionUnit:
    """`production_unit_number` is the P-number, of ten digits at most."""

    production_unit_number: int
    production_unit_name: str | None = None


@dataclass(frozen=True, slots=True)
class GlobalLocationNumber:
    """`global_location_number` is the EAN number, of 13 digits at most."""

    global_location_number: int
    location: str | None = None


@dataclass(frozen=True, slots=True)
class EMail:
    email_address: str
    related_agent: str | None = None


@dataclass(frozen=True, slots=True)
class SENumber:
    se_number: str
    company_name: str | None = None


@dataclass(frozen=True, slots=True)
class Telephone:
    telephone_number: str
    related_agent: str | None = None


@dataclass(frozen=True, slots=True)
class EID:
    eid: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ContentResponsible:
    content_responsible_id: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class GeneratingSystem:
    generating_system_id: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class SORData:
    """A unit of the health services' register of organisations."""

    sor_identifier: str
    entry_name: str | None = None


@dataclass(frozen=True, slots=True)
class AddressPoint:
    geographic_easting_measure: str | None = None
    geographic_northing_measure: str | None = None
    geographic_height_measure: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """`id` is that of the national register of addresses."""

    id: str | None = None
    address_label: str | None = None
    house_number: str | None = None
    door: str | None = None
    floor: str | None = None
    co: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country: str | None = None
    address_point: AddressPoint | None = None


@dataclass(frozen=True, slots=True)
class UnstructuredAddress:
    unstructured: str


@dataclass(frozen=True, slots=True)
class AttentionData:
    attention_person: AttentionPerson | None = None
    production_unit: ProductionUnit | None = None
    global_location_number: GlobalLocationNumber | None = None
    email: EMail | None = None
    se_number: SENumber | None = None
    telephone: Telephone | None = None
    eid: EID | None = None
    content_responsible: ContentResponsible | None = None
    generating_system: GeneratingSystem | None = None
    sor_data: SORData | None = None
    address: Address | None = None
    unstructured_address: UnstructuredAddress | None = None


@dataclass(frozen=True, slots=True)
class ContactInfo:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """Where an answer should go: a mailbox that the receiving authority has announced."""

    contact_point_id: str
    contact_group: str | None = None
    label: str | None = None
    contact_info: tuple[ContactInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Representative:
    """Who sends on behalf of the sender (1.2)."""

    representative_id: str
    id_type: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """`id_type` is CVR for an authority, whose `sender_id` has eight digits."""

    sender_id: str
    label: str
    id_type: str = "CVR"
    id_type_label: str | None = None
    attention_data: AttentionData | None = None
    contact_point: ContactPoint | None = None
    representative: Representative | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """`id_type` is CPR, of ten digits, or CVR, of eight. The number is not shown by repr()."""

    recipient_id: str
    id_type: str = "CPR"
    id_type_label: str | None = None
    label: str | None = None
    attention_data: AttentionData | None = None
    contact_point: ContactPoint | None = None

    def __repr__(self) -> str:
        return f"<Recipient by {self.id_type}>"
