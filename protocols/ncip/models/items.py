"""What answers tell of items and titles: ItemOptionalFields and its parts (Z39.83-1-2012, 5.3)."""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import Code
from protocols.ncip.models.elements import element
from protocols.ncip.models.marks import ONE, OPTIONAL, SOME, V2, V2_02, Before, Choice, Since


@element
class BibliographicItemId:
    bibliographic_item_identifier: Annotated[str, ONE] | None = None
    bibliographic_item_identifier_code: Code | None = None


@element
class BibliographicRecordId:
    bibliographic_record_identifier: Annotated[str, ONE] | None = None
    agency_id: Annotated[Code, Choice("source")] | None = None
    bibliographic_record_identifier_code: Annotated[Code, Choice("source")] | None = None


@element
class BibliographicId:
    bibliographic_item_id: Annotated[BibliographicItemId, Choice("work")] | None = None
    bibliographic_record_id: Annotated[BibliographicRecordId, Choice("work")] | None = None


@element
class BibliographicDescription:
    author: str | None = None
    bibliographic_item_id: BibliographicItemId | None = None
    bibliographic_record_id: Annotated[tuple[BibliographicRecordId, ...], Before(V2, OPTIONAL)] = ()
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
    location_name_level: Annotated[int, ONE] | None = None
    location_name_value: Annotated[str, ONE] | None = None


@element
class LocationName:
    location_name_instance: Annotated[tuple[LocationNameInstance, ...], SOME] = ()


@element
class Location:
    location_type: Annotated[Code, ONE] | None = None
    location_name: Annotated[LocationName, ONE] | None = None


@element
class ElectronicResource:
    reference_to_resource: Annotated[str, Choice("resource")] | None = None


@element
class ItemOptionalFields:
    bibliographic_description: BibliographicDescription | None = None
    item_use_restriction_type: tuple[Code, ...] = ()
    circulation_status: Code | None = None
    hold_queue_length: int | None = None
    item_description: ItemDescription | None = None
    location: tuple[Location, ...] = ()
    electronic_resource: ElectronicResource | None = None
    date_due: Annotated[datetime, Since(V2_02)] | None = None
