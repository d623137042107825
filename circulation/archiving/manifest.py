"""The list by which the contents of an archive are checked: ``manifest.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from circulation.archiving.forms import FORMS, UnreadableArchive

MANIFEST: Final = "manifest.json"
#: The version of the layout of archives that are written, and those that are read: from 2 on, cells
#: of CSV that a spreadsheet would compute are escaped.
LAYOUT: Final = 2
_LAYOUTS: Final = (1, LAYOUT)


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file of the archive: the number of its rows (or records) and its SHA-256."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`revision` is that of the tables, `form` the extension of their files."""

    revision: str
    form: str
    written: str
    layout: int = LAYOUT
    files: dict[str, ArchivedFile] = field(default_factory=dict)


M = TypeVar("M", bound=Manifest)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: Manifest, name: str = MANIFEST) -> None:
    text = json.dumps(asdict(manifest), indent=2) + "\n"
    (folder / name).write_text(text, encoding="utf-8")


def read_manifest(folder: Path, revisions: Collection[str]) -> Manifest:
    """The manifest, after a check of each file.

    Raises UnreadableArchive, also if the tables of the archive are of none of these revisions.
    """
    return read_manifest_of(Manifest, folder, revisions)


def read_manifest_of(kind: type[M], folder: Path, revisions: Collection[str]) -> M:
    """The same, of a kind that has more in it."""
    path = folder / MANIFEST
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        files = {name: ArchivedFile(**each) for name, each in facts.pop("files").items()}
        manifest = kind(**facts, files=files)
        datetime.fromisoformat(manifest.written)
    except FileNotFoundError:
        raise UnreadableArchive(f"{folder} is no archive: it has no {MANIFEST}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableArchive(f"{path} is not a manifest: {error}") from error
    if manifest.layout not in _LAYOUTS or manifest.form not in FORMS:
        raise UnreadableArchive(f"{path}: an archive of another kind than this Tiro writes")
    if manifest.revision not in revisions:
        raise UnreadableArchive(
            f"{path}: the archive has the tables of revision {manifest.revision}, this Tiro those "
            f"of {max(revisions)}; read it with the release that wrote it, or a newer one"
        )
    for name, expected in manifest.files.items():
        if Path(name).name != name:
            raise UnreadableArchive(f"{path}: not a name of a file: {name!r}")
        if not (folder / name).is_file():
            raise UnreadableArchive(f"{folder / name} is missing")
        if digest_of(folder / name) != expected.sha256:
            raise UnreadableArchive(f"{folder / name} is not what was written: its SHA-256 differs")
    return manifest
