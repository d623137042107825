"""The content model of MeMo as a table: each element's children, in the order that is required.

One table serves writer, reader and checker, for both versions. The 1.1 rows are those of
MeMo_core.xsd and the schemas it imports; the 1.2 rows were read from the official examples, since
no later schema exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from protocols.digital_post.memo import documents as d
from protocols.digital_post.memo import messages as m
from protocols.digital_post.memo import people as p
from protocols.digital_post.memo import subjects as s
from protocols.digital_post.memo import values as v
from protocols.digital_post.memo.values import TEXT, Simple

NAMESPACES: Final = {
    "memo": "https://DigitalPost.dk/MeMo-1",
    "grd": "https://data.gov.dk/model/core/",
    "gln": "https://www.gs1.dk/gs1-standarder/identifikation/gln-global-location-number/",
    "sor": "https://services.nsi.dk/en/Services/SOR",
    "dmv": "https://motorregister.skat.dk/",
    "kle": "http://kle-online.dk/",
    "form": "http://www.form-online.dk/",
    "udd": "https://www.dst.dk/da/TilSalg/Forskningsservice/Dokumentation/"
    "hoejkvalitetsvariable/elevregister-2/udd#",
}
_BOTH: Final = frozenset(m.MemoVersion)
_SINCE_1_2: Final = frozenset({m.MemoVersion.V1_2})
_UNTIL_1_1: Final = frozenset({m.MemoVersion.V1_1})
ANY_NUMBER: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """A child element: its prefixed name, the field that holds it, its type, and how often it may
    appear. `versions` are those that have it, `required` those in which it is mandatory.
    """

    element: str
    field: str
    kind: Simple | type[Any]
    required: frozenset[m.MemoVersion]
    most: int = 1
    versions: frozenset[m.MemoVersion] = _BOTH

    @property
    def tag(self) -> str:
        """In Clark's notation: ``{namespace}name``."""
        prefix, name = self.element.split(":")
        return f"{{{NAMESPACES[prefix]}}}{name}"


def _one(element: str, field: str, kind: Simple | type[Any] = TEXT) -> Part:
    return Part(_prefixed(element), field, kind, _BOTH)


def _maybe(
    element: str,
    field: str,
    kind: Simple | type[Any] = TEXT,
    most: int = 1,
    versions: frozenset[m.MemoVersion] = _BOTH,
) -> Part:
    return Part(_prefixed(element), field, kind, frozenset(), most, versions)


def _prefixed(element: str) -> str:
    return element if ":" in element else f"memo:{element}"


LAYOUT: Final[dict[type[Any], tuple[Part, ...]]] = {
    m.Message: (
        _one("MessageHeader", "message_header", m.MessageHeader),
        _maybe("MessageBody", "message_body", d.MessageBody),
    ),
    m.MessageHeader: (
        _one("messageType", "message_type", v.MESSAGE_TYPE),
        _one("messageUUID", "message_uuid", v.UUID),
        _maybe("messageID", "message_id"),
        _maybe("messageCode", "message_code"),
        _one("label", "label"),
        _maybe("notification", "notification", v.NOTIFICATION),
        _maybe("additionalNotification", "additional_notification"),
        _maybe("reply", "reply", v.BOOLEAN),
        _maybe("replyByDateTime", "reply_by_date_time", v.DATE_TIME),
        _maybe("doNotDeliverUntilDate", "do_not_deliver_until_date", v.DATE),
        Part("memo:mandatory", "mandatory", v.BOOLEAN, _UNTIL_1_1),
        Part("memo:legalNotification", "legal_notification", v.BOOLEAN, _UNTIL_1_1),
        _maybe("postType", "post_type"),
        _one("Sender", "sender", p.Sender),
        _one("Recipient", "recipient", p.Recipient),
        _maybe("ContentData", "content_data", s.ContentData),
        _maybe("ForwardData", "forward_data", s.ForwardData),
        _maybe("ReplyData", "reply_data", s.ReplyData, ANY_NUMBER),
    ),
    p.Sender: (
        _one("senderID", "sender_id"),
        _one("idType", "id_type"),
        _maybe("idTypeLabel", "id_type_label"),
        _one("label", "label"),
        _maybe("AttentionData", "attention_data", p.AttentionData),
        _maybe("ContactPoint", "contact_point", p.ContactPoint),
        _maybe("Representative", "representative", p.Representative, versions=_SINCE_1_2),
    ),
    p.Representative: (
        _one("representativeID", "representative_id"),
        _one("idType", "id_type"),
        _maybe("label", "label"),
    ),
    p.Recipient: (
        _one("recipientID", "recipient_id"),
        _one("idType", "id_type"),
        _maybe("idTypeLabel", "id_type_label"),
        _maybe("label", "label"),
        _maybe("AttentionData", "attention_data", p.AttentionData),
        _maybe("ContactPoint", "contact_point", p.ContactPoint),
    ),
    p.AttentionData: (
        _maybe("AttentionPerson", "attention_person", p.AttentionPerson),
        _maybe("grd:ProductionUnit", "production_unit", p.ProductionUnit),
        _maybe("gln:GlobalLocationNumber", "global_location_number", p.GlobalLocationNumber),
        _maybe("EMail", "email", p.EMail),
        _maybe("grd:SEnumber", "se_number", p.SENumber),
        _maybe("Telephone", "telephone", p.Telephone),
        _maybe("grd:EID", "eid", p.EID),
        _maybe("ContentResponsible", "content_responsible", p.ContentResponsible),
        _maybe("GeneratingSystem", "generating_system", p.GeneratingSystem),
        _maybe("sor:SORdata", "sor_data", p.SORData),
        _maybe("grd:Address", "address", p.Address),
        _maybe("grd:UnstructuredAddress", "unstructured_address", p.UnstructuredAddress),
    ),
    p.AttentionPerson: (_maybe("personID", "person_id"), _maybe("label", "label")),
    p.ProductionUnit: (
        _one("grd:productionUnitNumber", "production_unit_number", v.P_NUMBER),
        _maybe("grd:productionUnitName", "production_unit_name"),
    ),
    p.GlobalLocationNumber: (
        _one("gln:globalLocationNumber", "global_location_number", v.GLN),
        _maybe("gln:location", "location"),
    ),
    p.EMail: (_one("emailAddress", "email_address"), _maybe("relatedAgent", "related_agent")),
    p.SENumber: (_one("grd:seNumber", "se_number"), _maybe("grd:companyName", "company_name")),
    p.Telephone: (
        _one("telephoneNumber", "telephone_number"),
        _maybe("relatedAgent", "related_agent"),
    ),
    p.EID: (_one("grd:eID", "eid"), _maybe("grd:label", "label")),
    p.ContentResponsible: (
        _maybe("contentResponsibleID", "content_responsible_id"),
        _maybe("label", "label"),
    ),
    p.GeneratingSystem: (
        _one("generatingSystemID", "generating_system_id"),
        _maybe("label", "label"),
    ),
    p.SORData: (
        _one("sor:sorIdentifier", "sor_identifier"),
        _maybe("sor:entryName", "entry_name"),
    ),
    p.Address: (
        _maybe("grd:id", "id"),
        _maybe("grd:addressLabel", "address_label"),
        _maybe("grd:houseNumber", "house_number"),
        _maybe("grd:door", "door"),
        _maybe("grd:floor", "floor"),
        _maybe("grd:co", "co"),
        _maybe("grd:zipCode", "zip_code"),
        _maybe("grd:city", "city"),
        _maybe("grd:country", "country"),
        _maybe("grd:AddressPoint", "address_point", p.AddressPoint),
    ),
    p.AddressPoint: (
        _maybe("grd:geographicEastingMeasure", "geographic_easting_measure"),
        _maybe("grd:geographicNorthingMeasure", "geographic_northing_measure"),
        _maybe("grd:geographicHeightMeasure", "geographic_height_measure"),
    ),
    p.UnstructuredAddress: (_one("grd:unstructured", "unstructured"),),
    p.ContactPoint: (
        _maybe("contactGroup", "contact_group"),
        _one("contactPointID", "contact_point_id"),
        _maybe("label", "label"),
        _maybe("ContactInfo", "contact_info", p.ContactInfo, 2),
    ),
    p.ContactInfo: (_one("label", "label"), _one("value", "value")),
    s.ContentData: (
        _maybe("grd:CPRdata", "cpr_data", s.CPRData),
        _maybe("grd:CVRdata", "cvr_data", s.CVRData),
        _maybe("dmv:MotorVehicle", "motor_vehicle", s.MotorVehicle),
        _maybe("grd:PropertyNumber", "property_number", s.PropertyNumber),
        _maybe("CaseID", "case_id", s.CaseID),
        _maybe("kle:KLEdata", "kle_data", s.KLEData),
        _maybe("form:FORMdata", "form_data", s.FORMData),
        _maybe("grd:ProductionUnit", "production_unit", p.ProductionUnit),
        _maybe("udd:Education", "education", s.Education),
        _maybe("grd:Address", "address", p.Address),
        _maybe("grd:UnstructuredAddress", "unstructured_address", p.UnstructuredAddress),
        _maybe("AdditionalContentData", "additional_content_data", s.AdditionalContentData, 10),
    ),
    s.CPRData: (_one("grd:cprNumber", "cpr_number"), _maybe("grd:name", "name")),
    s.CVRData: (_one("grd:cvrNumber", "cvr_number"), _maybe("grd:companyName", "company_name")),
    s.MotorVehicle: (
        _one("dmv:licenseNumber", "license_number", v.LICENCE_NUMBER),
        _maybe("dmv:chassisNumber", "chassis_number"),
    ),
    s.PropertyNumber: (_one("grd:propertyNumber", "property_number"),),
    s.CaseID: (_one("caseID", "case_id"), _one("caseSystem", "case_system")),
    s.KLEData: (
        _one("kle:subjectKey", "subject_key"),
        _one("kle:version", "version"),
        _maybe("kle:activityFacet", "activity_facet"),
        _one("kle:label", "label"),
    ),
    s.FORMData: (
        _one("form:taskKey", "task_key"),
        _one("form:version", "version"),
        _maybe("form:activityFacet", "activity_facet"),
        _one("form:label", "label"),
    ),
    s.Education: (
        _one("udd:educationCode", "education_code"),
        _maybe("udd:educationName", "education_name"),
    ),
    s.AdditionalContentData: (
        _maybe("contentDataType", "content_data_type"),
        _one("contentDataName", "content_data_name"),
        _one("contentDataValue", "content_data_value"),
    ),
    s.ForwardData: (
        _one("messageUUID", "message_uuid", v.UUID),
        _one("originalMessageDateTime", "original_message_date_time", v.DATE_TIME),
        _one("originalSender", "original_sender"),
        _maybe("originalContentResponsible", "original_content_responsible"),
        _maybe("originalRepresentative", "original_representative", versions=_SINCE_1_2),
        _maybe("contactPointID", "contact_point_id"),
        _maybe("comment", "comment", v.COMMENT),
    ),
    s.ReplyData: (
        _maybe("messageID", "message_id"),
        _one("messageUUID", "message_uuid", v.UUID),
        _maybe("replyUUID", "reply_uuid", v.UUID),
        _maybe("senderID", "sender_id"),
        _maybe("recipientID", "recipient_id"),
        _maybe("caseID", "case_id"),
        _maybe("contactPointID", "contact_point_id"),
        _maybe("generatingSystemID", "generating_system_id"),
        _maybe("comment", "comment", v.COMMENT),
        _maybe("AdditionalReplyData", "additional_reply_data", s.AdditionalReplyData, 4),
    ),
    s.AdditionalReplyData: (_one("label", "label"), _one("value", "value")),
    d.MessageBody: (
        _one("createdDateTime", "created_date_time", v.DATE_TIME),
        _one("MainDocument", "main_document", d.MainDocument),
        _maybe("AdditionalDocument", "additional_document", d.AdditionalDocument, ANY_NUMBER),
        _maybe("TechnicalDocument", "technical_document", d.TechnicalDocument, ANY_NUMBER),
    ),
    d.MainDocument: (
        _maybe("mainDocumentID", "main_document_id"),
        _maybe("label", "label"),
        Part("memo:File", "file", d.File, _BOTH, ANY_NUMBER),
        _maybe("Action", "action", d.Action, ANY_NUMBER),
    ),
    d.AdditionalDocument: (
        _maybe("additionalDocumentID", "additional_document_id"),
        _maybe("label", "label"),
        Part("memo:File", "file", d.File, _BOTH, ANY_NUMBER),
        _maybe("Action", "action", d.Action, ANY_NUMBER),
    ),
    d.TechnicalDocument: (
        _maybe("technicalDocumentID", "technical_document_id"),
        _maybe("label", "label"),
        Part("memo:File", "file", d.File, _BOTH, ANY_NUMBER),
    ),
    d.File: (
        _one("encodingFormat", "encoding_format"),
        _one("filename", "filename"),
        _one("language", "language", v.LANGUAGE),
        _one("content", "content", v.CONTENT),
    ),
    d.Action: (
        _one("label", "label"),
        _one("actionCode", "action_code", v.ACTION_CODE),
        _maybe("startDateTime", "start_date_time", v.DATE_TIME),
        _maybe("endDateTime", "end_date_time", v.DATE_TIME),
        _maybe("Reservation", "reservation", d.Reservation),
        _maybe("EntryPoint", "entry_point", d.EntryPoint),
    ),
    d.Reservation: (
        _one("description", "description"),
        _one("reservationUUID", "reservation_uuid", v.UUID),
        _one("abstract", "abstract"),
        _one("location", "location"),
        _one("startDateTime", "start_date_time", v.DATE_TIME),
        _one("endDateTime", "end_date_time", v.DATE_TIME),
        _maybe("organizerMail", "organizer_mail"),
        _maybe("organizerName", "organizer_name"),
    ),
    d.EntryPoint: (_one("url", "url", v.URI),),
}

MESSAGE_TAG: Final = f"{{{NAMESPACES['memo']}}}Message"


def is_many(part: Part) -> bool:
    """Does the field hold a tuple?"""
    return part.most > 1
