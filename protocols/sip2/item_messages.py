"""The messages about items: 17 to 20, 11 and 12, 09 and 10, 29 and 30."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.sip2.patron_messages import Fields


@dataclass(slots=True)
class ItemInformation:
    """17."""

    transaction_date: str
    institution_id: str
    item_identifier: str
    terminal_password: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class ItemInformationResponse:
    """18."""

    circulation_status: str
    security_marker: str
    fee_type: str
    transaction_date: str
    item_identifier: str
    title_identifier: str
    hold_queue_length: str | None = None
    due_date: str | None = None
    recall_date: str | None = None
    hold_pickup_date: str | None = None
    owner: str | None = None
    currency_type: str | None = None
    fee_amount: str | None = None
    media_type: str | None = None
    permanent_location: str | None = None
    current_location: str | None = None
    item_properties: str | None = None
    call_number: str | None = None
    destination_location: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()
    extra_fields: Fields = ()


@dataclass(slots=True)
class ItemStatusUpdate:
    """19: what the terminal has written on the item, or found there."""

    transaction_date: str
    institution_id: str
    item_identifier: str
    item_properties: str
    terminal_password: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class ItemStatusUpdateResponse:
    """20."""

    item_properties_ok: bool
    transaction_date: str
    item_identifier: str
    title_identifier: str | None = None
    item_properties: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class Checkout:
    """11."""

    sc_renewal_policy: bool
    no_block: bool
    transaction_date: str
    nb_due_date: str
    institution_id: str
    patron_identifier: str
    item_identifier: str
    terminal_password: str = field(repr=False)
    item_properties: str | None = None
    patron_password: str | None = field(default=None, repr=False)
    fee_acknowledged: bool | None = None
    cancel: bool | None = None


@dataclass(slots=True)
class CheckoutResponse:
    """12."""

    ok: bool
    renewal_ok: bool
    magnetic_media: str
    desensitize: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    item_identifier: str
    title_identifier: str
    due_date: str
    fee_type: str | None = None
    security_inhibit: bool | None = None
    currency_type: str | None = None
    fee_amount: str | None = None
    media_type: str | None = None
    item_properties: str | None = None
    transaction_id: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class Checkin:
    """09."""

    no_block: bool
    transaction_date: str
    return_date: str
    current_location: str
    institution_id: str
    item_identifier: str
    terminal_password: str = field(repr=False)
    item_properties: str | None = None
    cancel: bool | None = None


@dataclass(slots=True)
class CheckinResponse:
    """10."""

    ok: bool
    resensitize: bool
    magnetic_media: str
    alert: bool
    transaction_date: str
    institution_id: str
    item_identifier: str
    permanent_location: str
    title_identifier: str | None = None
    sort_bin: str | None = None
    patron_identifier: str | None = None
    media_type: str | None = None
    item_properties: str | None = None
    collection_code: str | None = None
    call_number: str | None = None
    destination_location: str | None = None
    alert_type: str | None = None
    hold_patron_identifier: str | None = None
    hold_patron_name: str | None = None
    hold_pickup_date: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()
    extra_fields: Fields = ()


@dataclass(slots=True)
class Renew:
    """29."""

    third_party_allowed: bool
    no_block: bool
    transaction_date: str
    nb_due_date: str
    institution_id: str
    patron_identifier: str
    patron_password: str | None = field(default=None, repr=False)
    item_identifier: str | None = None
    title_identifier: str | None = None
    terminal_password: str | None = field(default=None, repr=False)
    item_properties: str | None = None
    fee_acknowledged: bool | None = None


@dataclass(slots=True)
class RenewResponse(CheckoutResponse):
    """30: as 12."""
