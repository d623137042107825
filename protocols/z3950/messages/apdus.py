"""The CHOICE of all APDUs."""

from typing import Annotated

from protocols.z3950.messages.association import (
    AccessControlRequest,
    AccessControlResponse,
    Close,
    InitializeRequest,
    InitializeResponse,
    ResourceControlRequest,
    ResourceControlResponse,
    ResourceReportRequest,
    ResourceReportResponse,
    TriggerResourceControlRequest,
)
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.messages.result_sets import (
    DeleteResultSetRequest,
    DeleteResultSetResponse,
    DuplicateDetectionRequest,
    DuplicateDetectionResponse,
    SortRequest,
    SortResponse,
)
from protocols.z3950.messages.retrieval import PresentRequest, PresentResponse, Segment
from protocols.z3950.messages.scanning import ScanRequest, ScanResponse
from protocols.z3950.messages.searching import SearchRequest, SearchResponse
from protocols.z3950.wire.asn1 import Choice, Tag

Apdu = Annotated[
    Annotated[InitializeRequest, Tag(20)]
    | Annotated[InitializeResponse, Tag(21)]
    | Annotated[SearchRequest, Tag(22)]
    | Annotated[SearchResponse, Tag(23)]
    | Annotated[PresentRequest, Tag(24)]
    | Annotated[PresentResponse, Tag(25)]
    | Annotated[DeleteResultSetRequest, Tag(26)]
    | Annotated[DeleteResultSetResponse, Tag(27)]
    | Annotated[AccessControlRequest, Tag(28)]
    | Annotated[AccessControlResponse, Tag(29)]
    | Annotated[ResourceControlRequest, Tag(30)]
    | Annotated[ResourceControlResponse, Tag(31)]
    | Annotated[TriggerResourceControlRequest, Tag(32)]
    | Annotated[ResourceReportRequest, Tag(33)]
    | Annotated[ResourceReportResponse, Tag(34)]
    | Annotated[ScanRequest, Tag(35)]
    | Annotated[ScanResponse, Tag(36)]
    | Annotated[SortRequest, Tag(43)]
    | Annotated[SortResponse, Tag(44)]
    | Annotated[Segment, Tag(45)]
    | Annotated[ExtendedServicesRequest, Tag(46)]
    | Annotated[ExtendedServicesResponse, Tag(47)]
    | Annotated[Close, Tag(48)]
    | Annotated[DuplicateDetectionRequest, Tag(49)]
    | Annotated[DuplicateDetectionResponse, Tag(50)],
    Choice("Apdu"),
]
