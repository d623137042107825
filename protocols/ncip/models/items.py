"""What is told of items and titles: ItemOptionalFields and its parts (Z39.83-1-2012, 5.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import Code
from protocols.ncip.models.elements import element
from protocols.ncip.models.rows import (
    CODE,
    COUNT,
    MANY,
    MOMENT,
    ONE,
    OPTIONAL,
    SOME,
    TEXT,
    V2,
    V2_02,
    Row,
)


@element
class BibliographicItemId:
    bibliographic_item_identifier: str | None = None
    bibliographic_item_identifier_code: Code | None = None


@element
class BibliographicRecordId:
    bibliographic_record_identifier: str | None = None
    agency_id: Code | None = None
    bibliographic_record_identifier_code: Code | None = None


@element
class BibliographicId:
    bibliographic_item_id: BibliographicItemId | None = None
    bibliographic_record_id: BibliographicRecordId | None = None


@element
class BibliographicDescription:
    author: str | None = None
    bibliographic_item_id: BibliographicItemId | None = None
    bibliographic_record_id: tuple[BibliographicRecordId, ...] = ()
    edition: str | None = None
    place_of_publication: str | None = None
    publication_date: str | None = None
    publisher: str | None = None
    series_title_number: str | None = None
    title: str | None = None
    language: Code | None = None
    medium_type: Code | None = None


@element
class ItemDescription:
    call_number: str | None = None
    copy_number: str | None = None


@element
class LocationNameInstance:
    location_name_level: int | None = None
    location_name_value: str | None = None


@element
class LocationName:
    location_name_instance: tuple[LocationNameInstance, ...] = ()


@element
class Location:
    location_type: Code | None = None
    location_name: LocationName | None = None


@element
class ElectronicResource:
    reference_to_resource: str | None = None


@element
class ItemOptionalFields:
    bibliographic_description: BibliographicDescription | None = None
    item_use_restriction_type: tuple[Code, ...] = ()
    circulation_status: Code | None = None
    hold_queue_length: int | None = None
    item_description: ItemDescription | None = None
    location: tuple[Location, ...] = ()
    electronic_resource: ElectronicResource | None = None
    date_due: datetime | None = None


#: What is told of an item besides.
ITEM_FIELDS = Row("item_optional_fields", ItemOptionalFields, OPTIONAL)

LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    BibliographicItemId: (
        Row("bibliographic_item_identifier", TEXT, ONE),
        Row("bibliographic_item_identifier_code", CODE, OPTIONAL),
    ),
    BibliographicRecordId: (
        Row("bibliographic_record_identifier", TEXT, ONE),
        Row("agency_id", CODE, ONE, choice="source"),
        Row("bibliographic_record_identifier_code", CODE, ONE, choice="source"),
    ),
    BibliographicId: (
        Row("bibliographic_item_id", BibliographicItemId, ONE, choice="work"),
        Row("bibliographic_record_id", BibliographicRecordId, ONE, choice="work"),
    ),
    BibliographicDescription: (
        Row("author", TEXT, OPTIONAL),
        Row("bibliographic_item_id", BibliographicItemId, OPTIONAL),
        Row("bibliographic_record_id", BibliographicRecordId, MANY, before=(V2, OPTIONAL)),
        Row("edition", TEXT, OPTIONAL),
        Row("place_of_publication", TEXT, OPTIONAL),
        Row("publication_date", TEXT, OPTIONAL),
        Row("publisher", TEXT, OPTIONAL),
        Row("series_title_number", TEXT, OPTIONAL),
        Row("title", TEXT, OPTIONAL),
        Row("language", CODE, OPTIONAL),
        Row("medium_type", CODE, OPTIONAL),
    ),
    ItemDescription: (Row("call_number", TEXT, OPTIONAL), Row("copy_number", TEXT, OPTIONAL)),
    LocationNameInstance: (
        Row("location_name_level", COUNT, ONE),
        Row("location_name_value", TEXT, ONE),
    ),
    LocationName: (Row("location_name_instance", LocationNameInstance, SOME),),
    Location: (Row("location_type", CODE, ONE), Row("location_name", LocationName, ONE)),
    ElectronicResource: (Row("reference_to_resource", TEXT, ONE, choice="resource"),),
    ItemOptionalFields: (
        Row("bibliographic_description", BibliographicDescription, OPTIONAL),
        Row("item_use_restriction_type", CODE, MANY),
        Row("circulation_status", CODE, OPTIONAL),
        Row("hold_queue_length", COUNT, OPTIONAL),
        Row("item_description", ItemDescription, OPTIONAL),
        Row("location", Location, MANY),
        Row("electronic_resource", ElectronicResource, OPTIONAL),
        Row("date_due", MOMENT, OPTIONAL, since=V2_02),
    ),
}
