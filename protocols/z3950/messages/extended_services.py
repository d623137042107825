"""The Extended Services facility (3.2.9)."""

from dataclasses import dataclass, field
from typing import Annotated

from protocols.z3950.messages.building_blocks import (
    ApduSequence,
    DiagRec,
    ElementSetName,
    IntUnit,
    OtherInformation,
)
from protocols.z3950.wire.asn1 import External, Oid, Sequence, Tag


@dataclass(slots=True)
class Permission(Sequence):
    user_id: Annotated[str, Tag(1)] | None = field(default=None, kw_only=True)
    allowable_functions: Annotated[list[int], Tag(2)]


@dataclass(slots=True)
class ExtendedServicesRequest(ApduSequence):
    function: Annotated[int, Tag(3)]
    package_type: Annotated[Oid, Tag(4)]
    package_name: Annotated[str, Tag(5)] | None = field(default=None, kw_only=True)
    user_id: Annotated[str, Tag(6)] | None = field(default=None, kw_only=True)
    retention_time: Annotated[IntUnit, Tag(7)] | None = field(default=None, kw_only=True)
    permissions: Annotated[list[Permission], Tag(8)] | None = field(default=None, kw_only=True)
    description: Annotated[str, Tag(9)] | None = field(default=None, kw_only=True)
    task_specific_parameters: Annotated[External, Tag(10)] | None = field(
        default=None, kw_only=True
    )
    wait_action: Annotated[int, Tag(11)]
    elements: ElementSetName | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class ExtendedServicesResponse(ApduSequence):
    operation_status: Annotated[int, Tag(3)]
    diagnostics: Annotated[list[DiagRec], Tag(4)] | None = None
    task_package: Annotated[External, Tag(5)] | None = None
    other_info: OtherInformation | None = None
