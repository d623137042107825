"""Initialization, access control, resource control, termination (3.2.1, 3.2.5, 3.2.6, 3.2.11)."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated

from protocols.z3950.messages.building_blocks import ApduSequence, DiagRec, OtherInformation
from protocols.z3950.wire.asn1 import (
    Bits,
    Choice,
    Explicit,
    External,
    Null,
    Oid,
    Sequence,
    Tag,
    VisibleString,
)


@dataclass(slots=True)
class IdPass(Sequence):
    group_id: Annotated[str, Tag(0)] | None = None
    user_id: Annotated[str, Tag(1)] | None = None
    password: Annotated[str, Tag(2)] | None = field(default=None, repr=False)


IdAuthentication = Annotated[
    VisibleString | IdPass | Null | External,
    Choice("IdAuthentication"),
]


@dataclass(slots=True)
class InitializeRequest(ApduSequence):
    protocol_version: Annotated[Bits, Tag(3)]
    options: Annotated[Bits, Tag(4)]
    preferred_message_size: Annotated[int, Tag(5)]
    exceptional_record_size: Annotated[int, Tag(6)]
    id_authentication: Annotated[IdAuthentication, Tag(7)] | None = field(default=None, repr=False)
    implementation_id: Annotated[str, Tag(110)] | None = None
    implementation_name: Annotated[str, Tag(111)] | None = None
    implementation_version: Annotated[str, Tag(112)] | None = None
    user_information_field: Annotated[External, Explicit(11)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class InitializeResponse(ApduSequence):
    protocol_version: Annotated[Bits, Tag(3)]
    options: Annotated[Bits, Tag(4)]
    preferred_message_size: Annotated[int, Tag(5)]
    exceptional_record_size: Annotated[int, Tag(6)]
    result: Annotated[bool, Tag(12)]
    implementation_id: Annotated[str, Tag(110)] | None = None
    implementation_name: Annotated[str, Tag(111)] | None = None
    implementation_version: Annotated[str, Tag(112)] | None = None
    user_information_field: Annotated[External, Explicit(11)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class AccessControlRequest(ApduSequence):
    security_challenge: Annotated[bytes, Tag(37)] | Annotated[External, Explicit(0)]
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class AccessControlResponse(ApduSequence):
    security_challenge_response: (
        Annotated[bytes, Tag(38)] | Annotated[External, Explicit(0)] | None
    ) = None
    diagnostic: Annotated[DiagRec, Tag(223)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class ResourceControlRequest(ApduSequence):
    suspended_flag: Annotated[bool, Tag(39)] | None = field(default=None, kw_only=True)
    resource_report: Annotated[External, Explicit(40)] | None = field(default=None, kw_only=True)
    partial_results_available: Annotated[int, Tag(41)] | None = field(default=None, kw_only=True)
    response_required: Annotated[bool, Tag(42)]
    triggered_request_flag: Annotated[bool, Tag(43)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class ResourceControlResponse(ApduSequence):
    continue_flag: Annotated[bool, Tag(44)]
    result_set_wanted: Annotated[bool, Tag(45)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class TriggerResourceControlRequest(ApduSequence):
    requested_action: Annotated[int, Tag(46)]
    pref_resource_report_format: Annotated[Oid, Tag(47)] | None = None
    result_set_wanted: Annotated[bool, Tag(48)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class ResourceReportRequest(ApduSequence):
    op_id: Annotated[bytes, Tag(210)] | None = None
    pref_resource_report_format: Annotated[Oid, Tag(49)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class ResourceReportResponse(ApduSequence):
    resource_report_status: Annotated[int, Tag(50)]
    resource_report: Annotated[External, Explicit(51)] | None = None
    other_info: OtherInformation | None = None


class CloseReason(IntEnum):
    """Why an association ends (3.2.11.1.1)."""

    FINISHED = 0
    SHUTDOWN = 1
    SYSTEM_PROBLEM = 2
    COST_LIMIT = 3
    RESOURCES = 4
    SECURITY_VIOLATION = 5
    PROTOCOL_ERROR = 6
    LACK_OF_ACTIVITY = 7
    PEER_ABORT = 8
    UNSPECIFIED = 9


@dataclass(slots=True)
class Close(ApduSequence):
    close_reason: Annotated[int, Tag(211)]
    diagnostic_information: Annotated[str, Tag(3)] | None = None
    resource_report_format: Annotated[Oid, Tag(4)] | None = None
    resource_report: Annotated[External, Explicit(5)] | None = None
    other_info: OtherInformation | None = None
