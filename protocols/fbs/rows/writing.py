"""How rows of the table are written: a call in all its versions, and what many rows share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from circulation.kernel.rights import Right
from protocols.fbs.calls import Asker, Call, Handler
from protocols.fbs.handling.patrons import NOBODY as NOBODY_THERE
from protocols.fbs.shapes import Shape
from protocols.hosting.answering import Lane

A: Final = "{agencyid}"
P: Final = "{agencyid}/patrons/{patronid}"
PV1: Final = "v1/{agencyid}/patrons/{patronid}"


def versions(
    method: str, handler: Handler, paths: Mapping[str, Shape | None], **more: Any
) -> Iterator[Call]:
    """A call in all its versions, which differ in what they show."""
    for path, shape in paths.items():
        yield Call(method=method, path=path, handler=handler, shape=shape, **more)


LIBRARY: Final[dict[str, Any]] = {"asker": Asker.LIBRARY, "right": None}
SITE: Final[dict[str, Any]] = {"asker": Asker.SITE}
EDIT: Final[dict[str, Any]] = {"right": Right.EDIT_PATRONS, "lane": Lane.WRITE}
LEND: Final[dict[str, Any]] = {"right": Right.LEND, "lane": Lane.WRITE}
TITLES: Final[dict[str, Any]] = {
    **LIBRARY,
    "lane": Lane.WIDE_READ,
    "lists": frozenset({"recordid", "exclude"}),
    "wanted": frozenset({"recordid"}),
}
#: An unknown patron is nobody, with status 200, where the interface has no 404.
NOBODY: Final[dict[str, Any]] = {"absent": NOBODY_THERE}
NOTHING: Final[dict[str, Any]] = {"absent": ()}
