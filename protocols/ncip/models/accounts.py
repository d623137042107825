"""Money: fiscal transactions, a user's account (Z39.83-1-2012, 5.4.8)."""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import (
    Amount,
    AuthenticationInput,
    Code,
    ItemId,
    RequestId,
    ResponseMessage,
    UpdateMessage,
    UserId,
)
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import BibliographicDescription
from protocols.ncip.models.marks import ONE, Choice


@element
class FiscalTransactionReferenceId:
    agency_id: Annotated[Code, ONE] | None = None
    fiscal_transaction_identifier_value: Annotated[str, ONE] | None = None


@element
class RelatedFiscalTransactionReferenceId(FiscalTransactionReferenceId):
    """The charge that a payment is for."""


@element
class ItemDetails:
    item_id: Annotated[ItemId, ONE] | None = None
    bibliographic_description: Annotated[BibliographicDescription, ONE] | None = None
    date_due: Annotated[datetime, Choice("period")] | None = None


@element
class FiscalTransactionInformation:
    fiscal_action_type: Annotated[Code, ONE] | None = None
    fiscal_transaction_reference_id: FiscalTransactionReferenceId | None = None
    related_fiscal_transaction_reference_id: tuple[RelatedFiscalTransactionReferenceId, ...] = ()
    fiscal_transaction_type: Annotated[Code, ONE] | None = None
    amount: Annotated[Amount, ONE] | None = None
    payment_method_type: Code | None = None
    fiscal_transaction_description: str | None = None
    request_id: RequestId | None = None
    item_details: ItemDetails | None = None


@element
class AccountBalance(Amount):
    """All that the user owes."""


@element
class AccountDetails:
    accrual_date: Annotated[datetime, ONE] | None = None
    fiscal_transaction_information: Annotated[FiscalTransactionInformation, ONE] | None = None


@element
class UserFiscalAccount:
    account_balance: Annotated[AccountBalance, ONE] | None = None
    account_details: tuple[AccountDetails, ...] = ()


@element
class AcknowledgedFeeAmount(Amount):
    """What the user has agreed to pay."""


@element
class CreateUserFiscalTransaction(UpdateMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    fiscal_transaction_information: Annotated[FiscalTransactionInformation, ONE] | None = None


@element
class CreateUserFiscalTransactionResponse(ResponseMessage):
    user_id: Annotated[UserId, Choice("outcome")] | None = None
    fiscal_transaction_reference_id: (
        Annotated[FiscalTransactionReferenceId, Choice("outcome")] | None
    ) = None
