"""Explain: what this server is and can do, as a ZeeRex record.

It is made from the tables that answer requests, so it is always right. 2.0 has a part of its own.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from catalogue.index.access_points import searched_points
from protocols.cql.context_sets import CONTEXT_SETS, EVERY_RECORD
from protocols.cql.sort_order import SORTABLE
from protocols.sru.messages import ExplainRequest, RecordEntry, Version
from protocols.sru.schemas import record_schemas
from protocols.sru.settings import SruSettings
from protocols.sru.text import attribute, escaped

#: Namespace and schema identifier of ZeeRex.
ZEEREX: Final = "http://explain.z3950.org/dtd/2.0/"
_PORTS: Final = {"http": 80, "https": 443}

_RELATIONS: Final = ("=", "==", "<>", "<", ">", "<=", ">=", "all", "any", "adj", "within")
_MODIFIERS: Final = ("masked", "unmasked", "word", "string", "regexp", "ignoreCase")

_SEARCH_INFO: Final = """<searchInfo><queryExample>dc.title = hobbitten and dc.date > 1990\
</queryExample><queryType><queryTypeName>cql</queryTypeName>\
<URI>http://docs.oasis-open.org/ns/search-ws/cql</URI></queryType></searchInfo>"""


def zeerex(
    request: ExplainRequest, settings: SruSettings, database: str, title: str
) -> RecordEntry:
    """The ZeeRex record of `database`, which people call `title`."""
    parts = (
        f'<explain xmlns="{ZEEREX}">',
        _server(request, database),
        f'<databaseInfo><title lang="en" primary="true">{escaped(title)}</title></databaseInfo>',
        _indexes(),
        _SEARCH_INFO if request.version is Version.V2_0 else "",
        _schemas(),
        _configuration(settings),
        "</explain>",
    )
    return RecordEntry(ZEEREX, "".join(parts).encode())


def _server(request: ExplainRequest, database: str) -> str:
    address = urlsplit(request.base_url)
    try:
        port = address.port or _PORTS[address.scheme]
    except ValueError:  # the number may be anything
        port = _PORTS[address.scheme]
    version, method = "1.2", ' method="GET POST"'
    if request.version is Version.V2_0:  # which has no methods
        version, method = "2.0", ""
    return (
        f'<serverInfo protocol="SRU" version="{version}" transport="{address.scheme}"'
        f"{method}><host>{escaped(address.hostname or '')}</host><port>{port}</port>"
        f"<database>{escaped(f'sru/{database}')}</database></serverInfo>"
    )


def _indexes() -> str:
    sets = "".join(
        f'<set name="{each.prefix}" identifier="{each.uri}"><title>{each.title}</title></set>'
        for each in CONTEXT_SETS
    )
    indexes = "".join(
        f'<index search="true" scan="{_flag(_has_list(point))}" sort="{_flag(point in SORTABLE)}">'
        f"<title>{point.replace('_', ' ') or 'all records'}</title>"
        f'<map><name set="{each.prefix}">{name}</name></map></index>'
        for each in CONTEXT_SETS
        for name, point in each.indexes.items()
    )
    return f"<indexInfo>{sets}{indexes}</indexInfo>"


def _has_list(point: str) -> bool:
    """Can its terms be scanned?"""
    return point != EVERY_RECORD and bool(searched_points(point)[0].kinds)


def _flag(is_so: bool) -> str:
    return "true" if is_so else "false"


def _schemas() -> str:
    schemas = "".join(
        f'<schema identifier="{attribute(each.identifier)}" name="{attribute(each.name)}"'
        f' sort="false" retrieve="true"><title>{escaped(each.name)}</title></schema>'
        for each in record_schemas().values()
    )
    return f"<schemaInfo>{schemas}</schemaInfo>"


def _configuration(settings: SruSettings) -> str:
    told = [
        ("default", "numberOfRecords", str(settings.default_records)),
        ("default", "contextSet", "cql"),
        ("default", "index", "cql.serverChoice"),
        ("default", "relation", "="),
        ("default", "retrieveSchema", settings.default_schema),
        ("setting", "maximumRecords", str(settings.maximum_records)),
        *(("supports", "relation", each) for each in _RELATIONS),
        *(("supports", "relationModifier", each) for each in _MODIFIERS),
        *(("supports", "booleanOperator", each) for each in ("and", "or", "not", "prox")),
        ("supports", "maskingCharacter", "*"),
        ("supports", "maskingCharacter", "?"),
        ("supports", "anchorCharacter", "^"),
        ("supports", "emptyTerm", "in scan alone"),
        ("supports", "scan", ""),
        ("supports", "sort", ""),
    ]
    lines = "".join(
        f'<{kind} type="{what}">{escaped(value)}</{kind}>' for kind, what, value in told
    )
    return f"<configInfo>{lines}</configInfo>"
