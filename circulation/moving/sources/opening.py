"""Which reader a file needs."""

from __future__ import annotations

from pathlib import Path

from circulation.moving.plans import KindPlan, Plan
from circulation.moving.sources.delimited import Delimited
from circulation.moving.sources.marc_items import MarcItems
from circulation.moving.sources.rows import Source, UnreadableFile
from circulation.moving.sources.xml_rows import XmlRows


def open_source(path: Path, plan: Plan, kind: KindPlan) -> Source:
    """The file, its columns known. Raises UnreadableFile, also where a link leads out of the folder
    of the files or there is something else than a file, and OSError."""
    require_inside(path, plan)
    if kind.format == "marc":
        return MarcItems(path, kind)
    if kind.format == "xml":
        return XmlRows(path, kind)
    return Delimited(path, kind, kind.encoding or plan.encoding)


def require_inside(path: Path, plan: Plan) -> None:
    """Raise UnreadableFile for what is no file in the folder of the plan's files, or OSError."""
    if not path.resolve(strict=True).is_relative_to(plan.folder.resolve()):
        raise UnreadableFile("a link that leads out of the folder")
    if not path.is_file():
        raise UnreadableFile("it is no file")
