"""What a MeMo message is about, and which messages it answers or passes on (MeMo_core)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from protocols.digital_post.memo.people import Address, ProductionUnit, UnstructuredAddress


@dataclass(frozen=True, slots=True)
class CPRData:
    """A person whom the message is about. The number is not shown by repr()."""

    cpr_number: str
    name: str | None = None

    def __repr__(self) -> str:
        return "<CPRData>"


@dataclass(frozen=True, slots=True)
class CVRData:
    cvr_number: str
    company_name: str | None = None


@dataclass(frozen=True, slots=True)
class MotorVehicle:
    license_number: str
    chassis_number: str | None = None


@dataclass(frozen=True, slots=True)
class PropertyNumber:
    property_number: str


@dataclass(frozen=True, slots=True)
class CaseID:
    case_id: str
    case_system: str


@dataclass(frozen=True, slots=True)
class KLEData:
    """A subject of KLE, the municipalities' classification of their work."""

    subject_key: str
    version: str
    label: str
    activity_facet: str | None = None


@dataclass(frozen=True, slots=True)
class FORMData:
    """A task of FORM, the classification of all public work."""

    task_key: str
    version: str
    label: str
    activity_facet: str | None = None


@dataclass(frozen=True, slots=True)
class Education:
    education_code: str
    education_name: str | None = None


@dataclass(frozen=True, slots=True)
class AdditionalContentData:
    content_data_name: str
    content_data_value: str
    content_data_type: str | None = None


@dataclass(frozen=True, slots=True)
class ContentData:
    cpr_data: CPRData | None = None
    cvr_data: CVRData | None = None
    motor_vehicle: MotorVehicle | None = None
    property_number: PropertyNumber | None = None
    case_id: CaseID | None = None
    kle_data: KLEData | None = None
    form_data: FORMData | None = None
    production_unit: ProductionUnit | None = None
    education: Education | None = None
    address: Address | None = None
    unstructured_address: UnstructuredAddress | None = None
    additional_content_data: tuple[AdditionalContentData, ...] = ()


@dataclass(frozen=True, slots=True)
class ForwardData:
    """`original_representative` belongs to 1.2."""

    message_uuid: str
    original_message_date_time: datetime
    original_sender: str
    original_content_responsible: str | None = None
    original_representative: str | None = None
    contact_point_id: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class AdditionalReplyData:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ReplyData:
    """One message of a thread. Its sender and recipient are not shown by repr()."""

    message_uuid: str
    message_id: str | None = None
    reply_uuid: str | None = None
    sender_id: str | None = None
    recipient_id: str | None = None
    case_id: str | None = None
    contact_point_id: str | None = None
    generating_system_id: str | None = None
    comment: str | None = None
    additional_reply_data: tuple[AdditionalReplyData, ...] = ()

    def __repr__(self) -> str:
        return f"<ReplyData {self.message_uuid}>"
