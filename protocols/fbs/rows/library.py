"""What is asked of the library: sessions, places, titles, other libraries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from protocols.fbs import shapes
from protocols.fbs.calls import Asker, Call
from protocols.fbs.codec import reads
from protocols.fbs.handling import (
    catalogue,
    groups,
    interlibrary,
    sessions,
)
from protocols.fbs.messages import (
    InterlibraryRequest,
    Login,
)
from protocols.fbs.rows.writing import (
    LEND,
    LIBRARY,
    SITE,
    TITLES,
    A,
    versions,
)
from protocols.hosting.answering import Lane


def _sessions() -> Iterator[Call]:
    yield Call(
        method="POST",
        path="v1/{agencyid}/authentication/login",
        handler=sessions.log_in,
        shape=shapes.SESSION,
        asker=Asker.ANYBODY,
        right=None,
        lane=Lane.WRITE,
        reads=reads(Login),
    )


def _catalogue() -> Iterator[Call]:
    yield from versions(
        "GET",
        catalogue.list_branches,
        {"v1/{agencyid}/branches": shapes.BRANCHES},
        lists=frozenset({"exclude"}),
        **LIBRARY,
    )
    for level, path, shape in (
        ("department", "departments", shapes.DEPARTMENTS),
        ("location", "locations", shapes.LOCATIONS),
        ("sublocation", "sublocations", shapes.SUBLOCATIONS),
        ("section", "sections", shapes.SECTIONS),
    ):
        yield from versions("GET", catalogue.places(level), {f"v1/{A}/{path}": shape}, **LIBRARY)
    yield from versions(
        "GET",
        catalogue.list_availability,
        {
            f"v1/{A}/catalog/availability": shapes.AVAILABILITY_V1,
            f"v2/{A}/catalog/availability": shapes.AVAILABILITY_V3,
            f"{A}/catalog/availability/v3": shapes.AVAILABILITY_V3,
        },
        **TITLES,
    )
    yield from versions(
        "GET",
        catalogue.list_holdings,
        {
            f"v1/{A}/catalog/holdings": shapes.HOLDINGS_V1,
            f"v2/{A}/catalog/holdings": shapes.HOLDINGS_V2,
            f"{A}/catalog/holdings/v3": shapes.HOLDINGS_V3,
            f"{A}/catalog/holdings/v4": shapes.HOLDINGS_V4,
            f"{A}/catalog/holdings/v5": shapes.HOLDINGS_V5,
            f"{A}/catalog/holdingsLogistics/v1": shapes.LOGISTICS_V1,
            f"{A}/catalog/holdingsLogistics/v2": shapes.LOGISTICS_V2,
        },
        **TITLES,
    )
    yield from versions(
        "GET",
        catalogue.show_setting,
        {f"v1/{A}/configuration/{{key}}": shapes.plain},
        **LIBRARY,
    )
    yield from versions(
        "GET",
        catalogue.list_setting,
        {f"v1/{A}/configuration/{{key}}/list": shapes.plain},
        **LIBRARY,
    )


def _interlibrary() -> Iterator[Call]:
    yield Call(
        method="POST",
        path=f"{A}/ill/requestitem/v1",
        handler=interlibrary.request_item,
        shape=shapes.INTERLIBRARY_ANSWER,
        reads=reads(InterlibraryRequest),
        **SITE,
        **LEND,
    )


def _groups() -> Iterator[Call]:
    yield Call(
        method="GET",
        path=f"v1/{A}/patrongroups",
        handler=groups.show_groups,
        shape=shapes.patron_group,
        **SITE,
    )


CALLS: Final[tuple[Call, ...]] = (
    *_sessions(),
    *_groups(),
    *_catalogue(),
    *_interlibrary(),
)
