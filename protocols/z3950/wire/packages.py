"""Parameters of extended services, and the task packages they are answered with.

Written like `messages`, by the standard's own names (Z39.50-2003, appendices 6 and 8; Update as in
its revision 1); the layouts are in `package_layouts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from protocols.z3950.messages import NULL, DateTime, DiagRec, External, IntUnit, Null, Permission


@dataclass(slots=True)
class TaskPackage:
    """OID.5.106. Times are GeneralizedTime, as in ``20261125110000Z``."""

    package_type: str
    task_status: int
    task_specific_parameters: External
    package_name: str | None = None
    user_id: str | None = None
    retention_time: IntUnit | None = None
    permissions: list[Permission] | None = None
    description: str | None = None
    target_reference: bytes | None = None
    creation_date_time: str | None = None
    package_diagnostics: list[DiagRec] | None = None


# Update (OID.9.5.1.1)


@dataclass(slots=True)
class UpdateToKeep:
    action: int
    database_name: str
    schema: str | None = None
    element_set_name: str | None = None
    action_qualifier: External | None = None


@dataclass(slots=True)
class CorrelationInfo:
    note: str | None = None
    id: int | None = None


@dataclass(slots=True)
class SuppliedRecord:
    """`supplemental_id` is the moment of the version that the origin has seen, its version number,
    or the version itself."""

    record_id: int | str | bytes | None = None
    supplemental_id: DateTime | str | External | None = None
    correlation_info: CorrelationInfo | None = None
    record: External | None = None


@dataclass(slots=True)
class UpdateRequest:
    to_keep: UpdateToKeep
    not_to_keep: list[SuppliedRecord]


@dataclass(slots=True)
class TaskPackageRecord:
    """What became of one supplied record: the record itself, or the diagnostics why not."""

    record_status: int
    record_or_sur_diag: External | list[DiagRec] | None = None
    correlation_info: CorrelationInfo | None = None
    supplemental_diagnostics: list[DiagRec] | None = None


@dataclass(slots=True)
class UpdateTargetPart:
    update_status: int
    task_package_records: list[TaskPackageRecord]
    global_diagnostics: list[DiagRec] | None = None


@dataclass(slots=True)
class UpdateTaskPackage:
    origin_part: UpdateToKeep
    target_part: UpdateTargetPart


# Item order (OID.9.4)


class PaymentMethod(Enum):
    """Those that say no more than their names."""

    BILL_INVOICE = "bill invoice"
    PREPAY = "prepay"
    DEPOSIT_ACCOUNT = "deposit account"
    CARD_INFO_PREVIOUSLY_SUPPLIED = "card info previously supplied"
    PRIVATE_KNOWN = "private, known"


@dataclass(slots=True)
class CreditCardInfo:
    name_on_card: str
    expiration_date: str
    card_number: str


@dataclass(slots=True)
class AddlBilling:
    payment_method: PaymentMethod | CreditCardInfo | External
    customer_reference: str | None = None
    customer_po_number: str | None = None


@dataclass(slots=True)
class Contact:
    name: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(slots=True)
class ItemOrderToKeep:
    suppl_description: External | None = None
    contact: Contact | None = None
    addl_billing: AddlBilling | None = None


@dataclass(slots=True)
class ResultSetItem:
    result_set_id: str
    item: int


@dataclass(slots=True)
class RequestedItem:
    """originPartNotToKeep: at least one of the two."""

    result_set_item: ResultSetItem | None = None
    item_request: External | None = None


@dataclass(slots=True)
class ItemOrderRequest:
    not_to_keep: RequestedItem
    to_keep: ItemOrderToKeep | None = None


@dataclass(slots=True)
class ItemOrderTargetPart:
    item_request: External | None = None
    status_or_error_report: External | None = None
    auxiliary_status: int | None = None


@dataclass(slots=True)
class ItemOrderTaskPackage:
    target_part: ItemOrderTargetPart
    origin_part: ItemOrderToKeep | None = None


# Persistent result set (OID.9.1)


@dataclass(slots=True)
class SetToPersist:
    """originPartNotToKeep: the set of the association, and what becomes of the one kept before
    (replace 1, append 2)."""

    origin_supplied_result_set: str | None = None
    replace_or_append: int | None = None


@dataclass(slots=True)
class PersistentSetRequest:
    to_keep: Null = NULL
    not_to_keep: SetToPersist | None = None


@dataclass(slots=True)
class PersistentSetTarget:
    target_supplied_result_set: str | None = None
    number_of_records: int | None = None


@dataclass(slots=True)
class PersistentSetTaskPackage:
    origin_part: Null = NULL
    target_part: PersistentSetTarget | None = None
