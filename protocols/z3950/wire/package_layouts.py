"""How `packages` lie on the wire; written like `layouts`."""

from __future__ import annotations

from typing import Any, Final

from protocols.z3950 import messages as m
from protocols.z3950.wire import packages as p
from protocols.z3950.wire.layout_types import (
    INTEGER,
    OCTETS,
    OID,
    OPTIONAL,
    TEXT,
    TIME,
    Choice,
    Constant,
    Explicit,
    ListOf,
    Wrapped,
)
from protocols.z3950.wire.layouts import DIAG_REC

_DIAGNOSTICS = ListOf(DIAG_REC)
_METHOD = p.PaymentMethod
_NOTHING = Constant(m.NULL)

PACKAGE_LAYOUTS: Final[dict[type, tuple[tuple[Any, ...], ...]]] = {
    p.TaskPackage: (
        ("package_type", 1, OID),
        ("package_name", 2, TEXT, OPTIONAL),
        ("user_id", 3, TEXT, OPTIONAL),
        ("retention_time", 4, m.IntUnit, OPTIONAL),
        ("permissions", 5, ListOf(m.Permission), OPTIONAL),
        ("description", 6, TEXT, OPTIONAL),
        ("target_reference", 7, OCTETS, OPTIONAL),
        ("creation_date_time", 8, TIME, OPTIONAL),
        ("task_status", 9, INTEGER),
        ("package_diagnostics", 10, _DIAGNOSTICS, OPTIONAL),
        ("task_specific_parameters", 11, m.External),
    ),
    p.UpdateToKeep: (
        ("action", 1, INTEGER),
        ("database_name", 2, TEXT),
        ("schema", 3, OID, OPTIONAL),
        ("element_set_name", 4, TEXT, OPTIONAL),
        ("action_qualifier", 5, m.External, OPTIONAL),
    ),
    p.CorrelationInfo: (("note", 1, TEXT, OPTIONAL), ("id", 2, INTEGER, OPTIONAL)),
    p.SuppliedRecord: (
        (
            "record_id",
            1,
            Choice("SuppliedRecordId", ((1, INTEGER), (2, TEXT), (3, OCTETS))),
            OPTIONAL,
        ),
        (
            "supplemental_id",
            2,
            Choice("SupplementalId", ((1, Wrapped(m.DateTime, TIME)), (2, TEXT), (3, m.External))),
            OPTIONAL,
        ),
        ("correlation_info", 3, p.CorrelationInfo, OPTIONAL),
        # Mandatory in the standard; who deletes has often nothing to send.
        ("record", 4, m.External, OPTIONAL),
    ),
    p.UpdateRequest: (
        ("to_keep", 1, Explicit(p.UpdateToKeep)),
        ("not_to_keep", 2, Explicit(ListOf(p.SuppliedRecord))),
    ),
    p.TaskPackageRecord: (
        (
            "record_or_sur_diag",
            1,
            Choice("RecordOrSurDiag", ((1, m.External), (2, _DIAGNOSTICS))),
            OPTIONAL,
        ),
        ("correlation_info", 2, p.CorrelationInfo, OPTIONAL),
        ("record_status", 3, INTEGER),
        ("supplemental_diagnostics", 4, _DIAGNOSTICS, OPTIONAL),
    ),
    p.UpdateTargetPart: (
        ("update_status", 1, INTEGER),
        ("global_diagnostics", 2, _DIAGNOSTICS, OPTIONAL),
        ("task_package_records", 3, ListOf(p.TaskPackageRecord)),
    ),
    p.UpdateTaskPackage: (
        ("origin_part", 1, Explicit(p.UpdateToKeep)),
        ("target_part", 2, Explicit(p.UpdateTargetPart)),
    ),
    p.CreditCardInfo: (
        ("name_on_card", 1, TEXT),
        ("expiration_date", 2, TEXT),
        ("card_number", 3, TEXT),
    ),
    p.AddlBilling: (
        (
            "payment_method",
            1,
            Choice(
                "PaymentMethodChoice",
                (
                    (0, Constant(_METHOD.BILL_INVOICE)),
                    (1, Constant(_METHOD.PREPAY)),
                    (2, Constant(_METHOD.DEPOSIT_ACCOUNT)),
                    (3, p.CreditCardInfo),
                    (4, Constant(_METHOD.CARD_INFO_PREVIOUSLY_SUPPLIED)),
                    (5, Constant(_METHOD.PRIVATE_KNOWN)),
                    (6, m.External),
                ),
            ),
        ),
        ("customer_reference", 2, TEXT, OPTIONAL),
        ("customer_po_number", 3, TEXT, OPTIONAL),
    ),
    p.Contact: (
        ("name", 1, TEXT, OPTIONAL),
        ("phone", 2, TEXT, OPTIONAL),
        ("email", 3, TEXT, OPTIONAL),
    ),
    p.ItemOrderToKeep: (
        ("suppl_description", 1, m.External, OPTIONAL),
        ("contact", 2, p.Contact, OPTIONAL),
        ("addl_billing", 3, p.AddlBilling, OPTIONAL),
    ),
    p.ResultSetItem: (("result_set_id", 1, TEXT), ("item", 2, INTEGER)),
    p.RequestedItem: (
        ("result_set_item", 1, p.ResultSetItem, OPTIONAL),
        ("item_request", 2, m.External, OPTIONAL),
    ),
    p.ItemOrderRequest: (
        ("to_keep", 1, Explicit(p.ItemOrderToKeep), OPTIONAL),
        ("not_to_keep", 2, Explicit(p.RequestedItem)),
    ),
    p.ItemOrderTargetPart: (
        ("item_request", 1, m.External, OPTIONAL),
        ("status_or_error_report", 2, m.External, OPTIONAL),
        ("auxiliary_status", 3, INTEGER, OPTIONAL),
    ),
    p.ItemOrderTaskPackage: (
        ("origin_part", 1, Explicit(p.ItemOrderToKeep), OPTIONAL),
        ("target_part", 2, Explicit(p.ItemOrderTargetPart)),
    ),
    p.SetToPersist: (
        ("origin_supplied_result_set", 1, TEXT, OPTIONAL),
        ("replace_or_append", 2, INTEGER, OPTIONAL),
    ),
    p.PersistentSetRequest: (
        ("to_keep", 1, Explicit(_NOTHING)),
        ("not_to_keep", 2, Explicit(p.SetToPersist), OPTIONAL),
    ),
    p.PersistentSetTarget: (
        ("target_supplied_result_set", 1, TEXT, OPTIONAL),
        ("number_of_records", 2, INTEGER, OPTIONAL),
    ),
    p.PersistentSetTaskPackage: (
        ("origin_part", 1, Explicit(_NOTHING)),
        ("target_part", 2, Explicit(p.PersistentSetTarget), OPTIONAL),
    ),
}
