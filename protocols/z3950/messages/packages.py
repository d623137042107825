"""Parameters of extended services, and the task packages they are answered with.

By the standard's own names (Z39.50-2003, appendices 6 and 8; Update as in its revision 1).
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from protocols.z3950.messages.building_blocks import DateTime, DiagRec, IntUnit
from protocols.z3950.messages.extended_services import Permission
from protocols.z3950.wire.asn1 import NULL, Explicit, External, Null, Oid, Sequence, Tag, Time


@dataclass(slots=True)
class TaskPackage(Sequence):
    """OID.5.106. Times are GeneralizedTime, as in ``20261125110000Z``."""

    package_type: Annotated[Oid, Tag(1)]
    package_name: Annotated[str, Tag(2)] | None = field(default=None, kw_only=True)
    user_id: Annotated[str, Tag(3)] | None = field(default=None, kw_only=True)
    retention_time: Annotated[IntUnit, Tag(4)] | None = field(default=None, kw_only=True)
    permissions: Annotated[list[Permission], Tag(5)] | None = field(default=None, kw_only=True)
    description: Annotated[str, Tag(6)] | None = field(default=None, kw_only=True)
    target_reference: Annotated[bytes, Tag(7)] | None = field(default=None, kw_only=True)
    creation_date_time: Annotated[Time, Tag(8)] | None = field(default=None, kw_only=True)
    task_status: Annotated[int, Tag(9)]
    package_diagnostics: Annotated[list[DiagRec], Tag(10)] | None = field(
        default=None, kw_only=True
    )
    task_specific_parameters: Annotated[External, Tag(11)]


@dataclass(slots=True)
class UpdateToKeep(Sequence):
    action: Annotated[int, Tag(1)]
    database_name: Annotated[str, Tag(2)]
    schema: Annotated[Oid, Tag(3)] | None = None
    element_set_name: Annotated[str, Tag(4)] | None = None
    action_qualifier: Annotated[External, Tag(5)] | None = None


@dataclass(slots=True)
class CorrelationInfo(Sequence):
    note: Annotated[str, Tag(1)] | None = None
    id: Annotated[int, Tag(2)] | None = None


@dataclass(slots=True)
class SuppliedRecord(Sequence):
    """`supplemental_id` is the version that the origin has seen: its time, its number, or the
    record itself."""

    record_id: (
        Annotated[
            Annotated[int, Tag(1)] | Annotated[str, Tag(2)] | Annotated[bytes, Tag(3)], Tag(1)
        ]
        | None
    ) = None
    supplemental_id: (
        Annotated[
            Annotated[DateTime, Tag(1)] | Annotated[str, Tag(2)] | Annotated[External, Tag(3)],
            Tag(2),
        ]
        | None
    ) = None
    correlation_info: Annotated[CorrelationInfo, Tag(3)] | None = None
    # Mandatory in the standard; but a client that deletes often has nothing to send.
    record: Annotated[External, Tag(4)] | None = None


@dataclass(slots=True)
class UpdateRequest(Sequence):
    to_keep: Annotated[UpdateToKeep, Explicit(1)]
    not_to_keep: Annotated[list[SuppliedRecord], Explicit(2)]


@dataclass(slots=True)
class TaskPackageRecord(Sequence):
    """What became of one supplied record: the record itself, or the diagnostics why not."""

    record_or_sur_diag: (
        Annotated[Annotated[External, Tag(1)] | Annotated[list[DiagRec], Tag(2)], Tag(1)] | None
    ) = field(default=None, kw_only=True)
    correlation_info: Annotated[CorrelationInfo, Tag(2)] | None = field(default=None, kw_only=True)
    record_status: Annotated[int, Tag(3)]
    supplemental_diagnostics: Annotated[list[DiagRec], Tag(4)] | None = None


@dataclass(slots=True)
class UpdateTargetPart(Sequence):
    update_status: Annotated[int, Tag(1)]
    global_diagnostics: Annotated[list[DiagRec], Tag(2)] | None = field(default=None, kw_only=True)
    task_package_records: Annotated[list[TaskPackageRecord], Tag(3)]


@dataclass(slots=True)
class UpdateTaskPackage(Sequence):
    origin_part: Annotated[UpdateToKeep, Explicit(1)]
    target_part: Annotated[UpdateTargetPart, Explicit(2)]


class PaymentMethod(Enum):
    """Methods without parameters."""

    BILL_INVOICE = 0
    PREPAY = 1
    DEPOSIT_ACCOUNT = 2
    CARD_INFO_PREVIOUSLY_SUPPLIED = 4
    PRIVATE_KNOWN = 5


@dataclass(slots=True)
class CreditCardInfo(Sequence):
    name_on_card: Annotated[str, Tag(1)]
    expiration_date: Annotated[str, Tag(2)]
    card_number: Annotated[str, Tag(3)]


@dataclass(slots=True)
class AddlBilling(Sequence):
    payment_method: Annotated[
        PaymentMethod | Annotated[CreditCardInfo, Tag(3)] | Annotated[External, Tag(6)], Tag(1)
    ]
    customer_reference: Annotated[str, Tag(2)] | None = None
    customer_po_number: Annotated[str, Tag(3)] | None = None


@dataclass(slots=True)
class Contact(Sequence):
    name: Annotated[str, Tag(1)] | None = None
    phone: Annotated[str, Tag(2)] | None = None
    email: Annotated[str, Tag(3)] | None = None


@dataclass(slots=True)
class ItemOrderToKeep(Sequence):
    suppl_description: Annotated[External, Tag(1)] | None = None
    contact: Annotated[Contact, Tag(2)] | None = None
    addl_billing: Annotated[AddlBilling, Tag(3)] | None = None


@dataclass(slots=True)
class ResultSetItem(Sequence):
    result_set_id: Annotated[str, Tag(1)]
    item: Annotated[int, Tag(2)]


@dataclass(slots=True)
class RequestedItem(Sequence):
    """originPartNotToKeep: at least one of the two."""

    result_set_item: Annotated[ResultSetItem, Tag(1)] | None = None
    item_request: Annotated[External, Tag(2)] | None = None


@dataclass(slots=True)
class ItemOrderRequest(Sequence):
    to_keep: Annotated[ItemOrderToKeep, Explicit(1)] | None = field(default=None, kw_only=True)
    not_to_keep: Annotated[RequestedItem, Explicit(2)]


@dataclass(slots=True)
class ItemOrderTargetPart(Sequence):
    item_request: Annotated[External, Tag(1)] | None = None
    status_or_error_report: Annotated[External, Tag(2)] | None = None
    auxiliary_status: Annotated[int, Tag(3)] | None = None


@dataclass(slots=True)
class ItemOrderTaskPackage(Sequence):
    origin_part: Annotated[ItemOrderToKeep, Explicit(1)] | None = field(default=None, kw_only=True)
    target_part: Annotated[ItemOrderTargetPart, Explicit(2)]


@dataclass(slots=True)
class SetToPersist(Sequence):
    """originPartNotToKeep: the set of the association, and how it changes the one kept before
    (replace 1, append 2)."""

    origin_supplied_result_set: Annotated[str, Tag(1)] | None = None
    replace_or_append: Annotated[int, Tag(2)] | None = None


@dataclass(slots=True)
class PersistentSetRequest(Sequence):
    to_keep: Annotated[Null, Explicit(1)] = NULL
    not_to_keep: Annotated[SetToPersist, Explicit(2)] | None = None


@dataclass(slots=True)
class PersistentSetTarget(Sequence):
    target_supplied_result_set: Annotated[str, Tag(1)] | None = None
    number_of_records: Annotated[int, Tag(2)] | None = None


@dataclass(slots=True)
class PersistentSetTaskPackage(Sequence):
    origin_part: Annotated[Null, Explicit(1)] = NULL
    target_part: Annotated[PersistentSetTarget, Explicit(2)] | None = None
