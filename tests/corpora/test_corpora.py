"""Every standard has samples of its own, the same wherever they are made, as schemas want."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from protocols.hosting.installed import installed
from protocols.iso18626.codes import Version
from tests.corpora import MAKERS, SEED
from tests.protocols.iso18626.schemas import Schemas as Iso18626Schemas
from tests.protocols.iso18626.schemas import samples
from tests.protocols.ncip.stage import Schemas as NcipSchemas

#: Of each protocol whose samples its tests read, or why they need none.
SAMPLES_OF = {
    "api": "its own models, and OpenAPI made of them",
    "borrower_check": "requests are built by its tests",
    "desk": "pages and a browser",
    "discovery": "requests are built by its tests",
    "fbs": "sessions are built by its tests; of every answer the fields are known (fbs.json)",
    "iso18626": ("iso18626",),
    "ncip": ("ncip",),
    "oai": ("marc", "sru"),
    "operations": "its own answers",
    "single_sign_on": "answers of a provider that the tests run",
    "sip2": "transcripts, and messages drawn from its layouts",
    "sru": ("marc", "sru"),
    "z3950": ("marc", "z3950"),
}
#: What is no protocol, but has samples.
FURTHER = {"digital_post"}


def test_every_standard_has_samples_or_needs_none() -> None:
    assert installed("tiro.protocols").keys() == SAMPLES_OF.keys()
    named = {name for told in SAMPLES_OF.values() if isinstance(told, tuple) for name in told}
    assert named | FURTHER == MAKERS.keys()


def _made(name: str, folder: Path) -> dict[str, bytes]:
    MAKERS[name](folder, Random(f"{SEED} {name}"))
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", ["digital_post", "iso18626", "ncip", "sru", "z3950"])
def test_they_are_the_same_wherever_they_are_made(name: str, tmp_path: Path) -> None:
    once = _made(name, tmp_path / "once")
    assert once
    assert once == _made(name, tmp_path / "again")


def test_messages_of_iso_18626_are_valid_by_the_real_schemas(
    official: Path, tmp_path: Path
) -> None:
    MAKERS["iso18626"](tmp_path / "data", Random(SEED))
    schemas = Iso18626Schemas(official)
    found = {name: data for name, data in samples(tmp_path).items() if "refused" not in name}
    assert len(found) > 80
    for name, data in found.items():
        version = Version.V1_2 if "-1.2" in name else Version.V2021
        assert schemas.errors(etree.fromstring(data), version) == [], name


def test_messages_of_ncip_are_mostly_valid_by_the_real_schemas(
    official: Path, tmp_path: Path
) -> None:
    """As those of real systems are, they are not always."""
    MAKERS["ncip"](tmp_path, Random(SEED))
    schemas, folder = NcipSchemas(official), tmp_path / "ncip-samples"
    judged = []
    for entry in json.loads((folder / "index.json").read_text()):
        data = (folder / entry["file"]).read_bytes()
        if entry["wellformed"] and entry["service"] not in ("Ext", "(empty)", "ItemRequest"):
            judged.append(schemas.allows(etree.fromstring(data), entry["version"]))
    assert len(judged) > 500
    assert sum(judged) > len(judged) * 0.7
