"""What a MeMo message carries: documents, their files, and what the reader may do (MeMo_core)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class ActionCode(Enum):
    """What an action is for. AFTALE has a `Reservation`, all others an `EntryPoint`."""

    AFTALE = "AFTALE"  # an appointment
    BETALING = "BETALING"  # payment
    SELVBETJENING = "SELVBETJENING"  # self-service
    INFORMATION = "INFORMATION"
    UNDERSKRIV = "UNDERSKRIV"  # signature
    BEKRAEFT = "BEKRAEFT"  # confirmation
    FORBEREDELSE = "FORBEREDELSE"  # preparation
    TILMELDING = "TILMELDING"  # enrolment


@dataclass(frozen=True, slots=True)
class Reservation:
    """An appointment for the reader's calendar."""

    description: str
    reservation_uuid: str
    abstract: str
    location: str
    start_date_time: datetime
    end_date_time: datetime
    organizer_mail: str | None = None
    organizer_name: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """`url` is absolute and begins with https://."""

    url: str


@dataclass(frozen=True, slots=True)
class Action:
    """A button beside a document; `end_date_time` is when it ceases to be of use."""

    label: str
    action_code: ActionCode
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None
    reservation: Reservation | None = None
    entry_point: EntryPoint | None = None


@dataclass(frozen=True, slots=True)
class File:
    """`encoding_format` is the MIME type, `language` has two letters."""

    encoding_format: str
    filename: str
    content: bytes
    language: str = "da"

    def __repr__(self) -> str:
        return f"<File {self.encoding_format}, {len(self.content)} bytes>"


@dataclass(frozen=True, slots=True)
class MainDocument:
    """Several files are the same text in several formats."""

    file: tuple[File, ...]
    main_document_id: str | None = None
    label: str | None = None
    action: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class AdditionalDocument:
    file: tuple[File, ...]
    additional_document_id: str | None = None
    label: str | None = None
    action: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class TechnicalDocument:
    """For programs; it has no actions."""

    file: tuple[File, ...]
    technical_document_id: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class MessageBody:
    created_date_time: datetime
    main_document: MainDocument
    additional_document: tuple[AdditionalDocument, ...] = ()
    technical_document: tuple[TechnicalDocument, ...] = ()
