"""Money: fiscal transactions, a user's account (Z39.83-1-2012, 5.4.8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import (
    Amount,
    AuthenticationInput,
    Code,
    InitiationHeader,
    ItemId,
    MandatedAction,
    RequestId,
    RequiredFeeAmount,
    ResponseHeader,
    UserId,
)
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import BibliographicDescription
from protocols.ncip.models.rows import (
    CODE,
    HEADER,
    MANY,
    MOMENT,
    NUMBER,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    TEXT,
    USER,
    Row,
)


@element
class FiscalTransactionReferenceId:
    agency_id: Code | None = None
    fiscal_transaction_identifier_value: str | None = None


@element
class RelatedFiscalTransactionReferenceId:
    agency_id: Code | None = None
    fiscal_transaction_identifier_value: str | None = None


@element
class ItemDetails:
    item_id: ItemId | None = None
    bibliographic_description: BibliographicDescription | None = None
    date_due: datetime | None = None


@element
class FiscalTransactionInformation:
    fiscal_action_type: Code | None = None
    fiscal_transaction_reference_id: FiscalTransactionReferenceId | None = None
    related_fiscal_transaction_reference_id: tuple[RelatedFiscalTransactionReferenceId, ...] = ()
    fiscal_transaction_type: Code | None = None
    amount: Amount | None = None
    payment_method_type: Code | None = None
    fiscal_transaction_description: str | None = None
    request_id: RequestId | None = None
    item_details: ItemDetails | None = None


@element
class AccountBalance:
    currency_code: Code | None = None
    monetary_value: int | None = None


@element
class AccountDetails:
    accrual_date: datetime | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None


@element
class UserFiscalAccount:
    account_balance: AccountBalance | None = None
    account_details: tuple[AccountDetails, ...] = ()


@element
class AcknowledgedFeeAmount:
    """What the user has agreed to pay."""

    currency_code: Code | None = None
    monetary_value: int | None = None


@element
class CreateUserFiscalTransaction:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    fiscal_transaction_information: FiscalTransactionInformation | None = None


@element
class CreateUserFiscalTransactionResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None
    fiscal_transaction_reference_id: FiscalTransactionReferenceId | None = None


_REFERENCE = (
    Row("agency_id", CODE, ONE),
    Row("fiscal_transaction_identifier_value", TEXT, ONE),
)
_MONEY = (Row("currency_code", CODE, ONE), Row("monetary_value", NUMBER, ONE))

LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    FiscalTransactionReferenceId: _REFERENCE,
    RelatedFiscalTransactionReferenceId: _REFERENCE,
    ItemDetails: (
        Row("item_id", ItemId, ONE),
        Row("bibliographic_description", BibliographicDescription, ONE),
        Row("date_due", MOMENT, ONE, choice="period"),
    ),
    FiscalTransactionInformation: (
        Row("fiscal_action_type", CODE, ONE),
        Row("fiscal_transaction_reference_id", FiscalTransactionReferenceId, OPTIONAL),
        Row("related_fiscal_transaction_reference_id", RelatedFiscalTransactionReferenceId, MANY),
        Row("fiscal_transaction_type", CODE, ONE),
        Row("amount", Amount, ONE),
        Row("payment_method_type", CODE, OPTIONAL),
        Row("fiscal_transaction_description", TEXT, OPTIONAL),
        Row("request_id", RequestId, OPTIONAL),
        Row("item_details", ItemDetails, OPTIONAL),
    ),
    AccountBalance: _MONEY,
    AccountDetails: (
        Row("accrual_date", MOMENT, ONE),
        Row("fiscal_transaction_information", FiscalTransactionInformation, ONE),
    ),
    UserFiscalAccount: (
        Row("account_balance", AccountBalance, ONE),
        Row("account_details", AccountDetails, MANY),
    ),
    AcknowledgedFeeAmount: _MONEY,
    RequiredFeeAmount: _MONEY,
    CreateUserFiscalTransaction: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("fiscal_transaction_information", FiscalTransactionInformation, ONE),
    ),
    CreateUserFiscalTransactionResponse: (
        RESPONSE_HEADER,
        Row("user_id", UserId, ONE, choice="outcome"),
        Row(
            "fiscal_transaction_reference_id",
            FiscalTransactionReferenceId,
            ONE,
            choice="outcome",
        ),
    ),
}
