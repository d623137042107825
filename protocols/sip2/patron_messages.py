"""The messages about patrons: 23 to 26, 01, 63 to 66, 35 to 38, 15 and 16 (see `messages`)."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Fields that stand together, by their ids: ``(("FA", "2.50"), ("FB", "I1"))``.
Fields = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class PatronStatusRequest:
    """23."""

    language: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    terminal_password: str = field(repr=False)
    patron_password: str | None = field(repr=False)


@dataclass(slots=True)
class PatronStatusResponse:
    """24."""

    patron_status: str
    language: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    personal_name: str
    valid_patron: bool | None = None
    valid_patron_password: bool | None = None
    currency_type: str | None = None
    fee_amount: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()
    extra_fields: Fields = ()


@dataclass(slots=True)
class BlockPatron:
    """01: the terminal stops a card, and may have kept it. Answered with 24."""

    card_retained: bool
    transaction_date: str
    institution_id: str
    blocked_card_message: str
    patron_identifier: str
    terminal_password: str = field(repr=False)


@dataclass(slots=True)
class PatronEnable:
    """25: the block of a 01 is lifted."""

    transaction_date: str
    institution_id: str
    patron_identifier: str
    terminal_password: str | None = field(default=None, repr=False)
    patron_password: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class PatronEnableResponse:
    """26."""

    patron_status: str
    language: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    personal_name: str
    valid_patron: bool | None = None
    valid_patron_password: bool | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class PatronInformation:
    """63."""

    language: str
    transaction_date: str
    summary: str
    institution_id: str
    patron_identifier: str
    terminal_password: str | None = field(default=None, repr=False)
    patron_password: str | None = field(default=None, repr=False)
    start_item: str | None = None
    end_item: str | None = None


@dataclass(slots=True)
class PatronInformationResponse:
    """64."""

    patron_status: str
    language: str
    transaction_date: str
    hold_items_count: int | None
    overdue_items_count: int | None
    charged_items_count: int | None
    fine_items_count: int | None
    recall_items_count: int | None
    unavailable_holds_count: int | None
    institution_id: str
    patron_identifier: str
    personal_name: str
    hold_items_limit: int | None = None
    overdue_items_limit: int | None = None
    charged_items_limit: int | None = None
    valid_patron: bool | None = None
    valid_patron_password: bool | None = None
    currency_type: str | None = None
    fee_amount: str | None = None
    fee_limit: str | None = None
    hold_items: tuple[str, ...] = ()
    overdue_items: tuple[str, ...] = ()
    charged_items: tuple[str, ...] = ()
    fine_items: tuple[str, ...] = ()
    recall_items: tuple[str, ...] = ()
    unavailable_hold_items: tuple[str, ...] = ()
    fees: tuple[Fields, ...] = ()
    home_address: str | None = None
    email_address: str | None = None
    home_phone_number: str | None = None
    birth_date: str | None = None
    patron_class: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()
    extra_fields: Fields = ()


@dataclass(slots=True)
class EndPatronSession:
    """35."""

    transaction_date: str
    institution_id: str
    patron_identifier: str
    terminal_password: str | None = field(default=None, repr=False)
    patron_password: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class EndSessionResponse:
    """36."""

    end_session: bool
    transaction_date: str
    institution_id: str
    patron_identifier: str
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class FeePaid:
    """37: money was taken at the terminal."""

    transaction_date: str
    fee_type: str
    payment_type: str
    currency_type: str
    fee_amount: str
    institution_id: str
    patron_identifier: str
    terminal_password: str | None = field(default=None, repr=False)
    patron_password: str | None = field(default=None, repr=False)
    fee_identifier: str | None = None
    transaction_id: str | None = None


@dataclass(slots=True)
class FeePaidResponse:
    """38."""

    payment_accepted: bool
    transaction_date: str
    institution_id: str
    patron_identifier: str
    transaction_id: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class RenewAll:
    """65."""

    transaction_date: str
    institution_id: str
    patron_identifier: str
    patron_password: str | None = field(default=None, repr=False)
    terminal_password: str | None = field(default=None, repr=False)
    fee_acknowledged: bool | None = None


@dataclass(slots=True)
class RenewAllResponse:
    """66."""

    ok: bool
    renewed_count: int | None
    unrenewed_count: int | None
    transaction_date: str
    institution_id: str
    renewed_items: tuple[str, ...] = ()
    unrenewed_items: tuple[str, ...] = ()
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class Hold:
    """15."""

    hold_mode: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    expiration_date: str | None = None
    pickup_location: str | None = None
    hold_type: str | None = None
    patron_password: str | None = field(default=None, repr=False)
    item_identifier: str | None = None
    title_identifier: str | None = None
    terminal_password: str | None = field(default=None, repr=False)
    fee_acknowledged: bool | None = None


@dataclass(slots=True)
class HoldResponse:
    """16."""

    ok: bool
    available: bool
    transaction_date: str
    institution_id: str
    patron_identifier: str
    expiration_date: str | None = None
    queue_position: str | None = None
    pickup_location: str | None = None
    item_identifier: str | None = None
    title_identifier: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()
