"""A request over HTTP as it came, and the answer as it goes: values without a network."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

JSON: Final = "application/json; charset=utf-8"
#: Programs in JavaScript hold whole numbers exactly below it.
LARGEST: Final = 2**53 - 1
#: The most of anything that one request names.
MOST: Final = 500


class Asked(NamedTuple):
    """What came: `path` behind ``/external``, in its parts; `query` and `body` as they were sent.

    `header` gives the last header of a name in lower case, None where there is none. `host` is the
    address of who asks.
    """

    method: str
    path: tuple[str, ...]
    query: bytes
    body: bytes
    header: Callable[[str], str | None]
    host: str


class Answer(NamedTuple):
    """What goes."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Told(BaseModel):
    """What a body may hold: fields that no model names are passed over, as FBS does it; a PIN or a
    number may be sent as a text and the other way round."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_null(cls, given: Any) -> Any:
        """Treat a field that is null as one that is not there: clients write both."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


class Login(Told):
    username: str
    password: str = Field(repr=False)


class AuthenticationRequest(Told):
    library_card_number: str = Field(alias="libraryCardNumber", repr=False)
    pincode: str = Field(repr=False)


def _day(value: Any) -> Any:
    """A day as FBS writes it, and nothing else that could be read as one."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("must be a day, as in 2026-11-30")


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[date, BeforeValidator(_day)]
#: The number of a loan, reservation, fee or patron.
Number = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
Text = Annotated[str, Field(max_length=500)]


class Issue(Told):
    """Which issue of a serial is wanted (PeriodicalReservation)."""

    volume: Text | None = None
    volume_year: Text | None = Field(default=None, alias="volumeYear")
    volume_number: Text | None = Field(default=None, alias="volumeNumber")

    def told(self) -> dict[str, str | None]:
        return {
            "volume": self.volume,
            "volumeYear": self.volume_year,
            "volumeNumber": self.volume_number,
        }


class CreateReservation(Told):
    record_id: Text = Field(alias="recordId", min_length=1)
    expiry_date: Day | None = Field(default=None, alias="expiryDate")
    pickup_branch: Text | None = Field(default=None, alias="pickupBranch")
    periodical: Issue | None = None
    activation_date: Day | None = Field(default=None, alias="activationDate")


class CreateReservationBatch(Told):
    reservations: tuple[CreateReservation, ...] = Field(max_length=MOST)
    type: Text | None = None


class UpdateReservation(Told):
    reservation_id: Number = Field(alias="reservationId")
    expiry_date: Day | None = Field(default=None, alias="expiryDate")
    pickup_branch: Text | None = Field(default=None, alias="pickupBranch")
    activation_date: Day | None = Field(default=None, alias="activationDate")


class UpdateReservationBatch(Told):
    reservations: tuple[UpdateReservation, ...] = Field(max_length=MOST)


class BookedPeriod(Told):
    first_day: Day = Field(alias="from")
    last_day: Day = Field(alias="to")


class CreateBooking(Told):
    record_id: Text = Field(alias="recordId", min_length=1)
    preferred: Number = Field(alias="preferredMaterials")
    minimum: Number = Field(alias="minimumMaterials")
    note: Text = ""
    period: BookedPeriod
    group_id: Number = Field(default=0, alias="patronGroupId")
    lends_onward: bool = Field(default=False, alias="automaticForwardLoan")
    requested_from: Text = Field(alias="requestedFromBranchId")
    deliver_to: Text = Field(alias="deliverBranchId")


class ChangedBooking(CreateBooking):
    booking_id: Text = Field(alias="bookingId")


class CreateBookingBatch(Told):
    bookings: tuple[CreateBooking, ...] = Field(max_length=MOST)


class UpdateBookingBatch(Told):
    bookings: tuple[ChangedBooking, ...] = Field(max_length=MOST)


# Patrons


class Email(Told):
    email_address: Text = Field(alias="emailAddress", repr=False)
    receive_notification: bool = Field(default=True, alias="receiveNotification")


class Phone(Told):
    phone_number: Text = Field(alias="phoneNumber", repr=False)
    receive_notification: bool = Field(default=True, alias="receiveNotification")


class Period(Told):
    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")


class PatronSettings(Told):
    """The fields of all versions. Newer ones have lists of addresses and numbers: an empty list
    deletes, and one that is missing changes nothing."""

    #: Is an address or a number that is missing to be deleted?
    missing_deletes: ClassVar[bool] = False
    preferred_pickup_branch: Text = Field(alias="preferredPickupBranch")
    on_hold: Period | None = Field(default=None, alias="onHold")
    preferred_language: Text | None = Field(default=None, alias="preferredLanguage")
    guardian_visibility: bool | None = Field(default=None, alias="guardianVisibility")
    receive_postal_mail: bool | None = Field(default=None, alias="receivePostalMail")
    email_address: Text | None = Field(default=None, alias="emailAddress", repr=False)
    phone_number: Text | None = Field(default=None, alias="phoneNumber", repr=False)
    receive_email: bool = Field(default=True, alias="receiveEmail")
    receive_sms: bool = Field(default=True, alias="receiveSms")
    email_addresses: tuple[Email, ...] | None = Field(
        default=None, alias="emailAddresses", max_length=20
    )
    phone_numbers: tuple[Phone, ...] | None = Field(
        default=None, alias="phoneNumbers", max_length=20
    )


class OlderPatronSettings(PatronSettings):
    """Settings up to version 7 of the call: one address and one number, and one that is missing or
    empty is deleted."""

    missing_deletes = True


class PincodeChange(Told):
    """Without a PIN nothing is changed: sites send their form whole, and know no PIN of a patron
    who has logged in without one."""

    pincode: Text | None = Field(default=None, repr=False)
    library_card_number: Text | None = Field(default=None, alias="libraryCardNumber", repr=False)


class UpdatePatron(Told):
    patron: PatronSettings | None = None
    pincode_change: PincodeChange | None = Field(default=None, alias="pincodeChange")


class UpdatePatronOlder(UpdatePatron):
    patron: OlderPatronSettings | None = None


class UpdateAsGuardian(UpdatePatron):
    guardian_person_id: Text = Field(alias="guardianPersonId", repr=False)


class UpdateAsGuardianOlder(UpdateAsGuardian):
    patron: OlderPatronSettings | None = None


class BlockWanted(Told):
    reason: Literal["O", "F", "U", "S", "W", "E", "D"] = Field(alias="blockedReason")
    since: Day = Field(alias="blockedSince")


class CreatePatron(Told):
    """A national number is a `personIdentifier` from version 9 on, and was a `cprNumber` before."""

    patron: PatronSettings
    pincode: Text | None = Field(default=None, repr=False)
    person_identifier: Text | None = Field(
        default=None,
        validation_alias=AliasChoices("personIdentifier", "cprNumber"),
        repr=False,
    )
    block: BlockWanted | None = Field(default=None, alias="blockStatusRequest")
    registry_consent: bool = Field(default=False, alias="nationalRegistryConsent")


class HomeAddress(Told):
    co_name: Text | None = Field(default=None, alias="coName")
    street: Text | None = None
    postal_code: Text | None = Field(default=None, alias="postalCode")
    city: Text | None = None
    country: Text | None = None


class Guardian(Told):
    name: Text = Field(min_length=1)
    email: Text = Field(repr=False)
    person_identifier: Text | None = Field(
        default=None,
        validation_alias=AliasChoices("personIdentifier", "cprNumber"),
        repr=False,
    )
    mobile_phone_number: Text | None = Field(default=None, alias="mobilePhoneNumber", repr=False)
    address: HomeAddress | None = None


class CreateWithGuardian(Told):
    name: Text = Field(min_length=1)
    preferred_pickup_branch: Text = Field(alias="preferredPickupBranch")
    guardian: Guardian
    pincode: Text | None = Field(default=None, repr=False)
    person_id: Text = Field(validation_alias=AliasChoices("personId", "cprNumber"), repr=False)
    email: Text | None = Field(default=None, repr=False)
    phone_number: Text | None = Field(default=None, alias="phoneNumber", repr=False)
    email_addresses: tuple[Email, ...] = Field(default=(), alias="emailAddresses", max_length=20)
    phone_numbers: tuple[Phone, ...] = Field(default=(), alias="phoneNumbers", max_length=20)
    address: HomeAddress | None = None
    block: BlockWanted | None = Field(default=None, alias="blockStatusRequest")
    registry_consent: bool = Field(default=False, alias="nationalRegistryConsent")


class UpdateGuardian(Told):
    patron_id: Number | None = Field(default=None, alias="patronId")
    person_id: Text | None = Field(
        default=None, validation_alias=AliasChoices("personId", "cprNumber"), repr=False
    )
    guardian: Guardian


class UpdateConsent(Told):
    consent: bool


class BlockIdentifier(Told):
    identifier: Text = Field(repr=False)


# Money, interlibrary loans


class PaymentOrder(Told):
    order_id: str = Field(alias="orderId", min_length=1, max_length=200)
    fee_ids: tuple[Number, ...] = Field(alias="feeIds", max_length=MOST)


class IllIssue(Told):
    volume: Text | None = None
    number: Text | None = None
    year: Text | None = None


class InterlibraryRequest(Told):
    record_id: Text = Field(alias="recordId", min_length=1)
    requesting_agency: Text = Field(alias="requestingAgency", min_length=1)
    enduser_id: Text = Field(alias="enduserId", min_length=1, repr=False)
    periodical: IllIssue | None = None
