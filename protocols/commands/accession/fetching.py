"""Records of other catalogues, fetched by whoever types: from the targets of [accession]."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from catalogue.changes.fetched import Fetched
from protocols.commands.shared.settings import Settings
from protocols.records.accession_settings import AccessionSettings
from protocols.records.record_sources import Asked, Targets


def targets_of(settings: Settings) -> Targets:
    """Those of tiro.toml; of a server alone none are known where there is no such file."""
    if settings.server is not None and not settings.path.exists():
        return Targets(AccessionSettings())
    return Targets(settings.configuration.accession)


def as_told(fetched: Fetched) -> dict[str, str]:
    """A record as operations take it."""
    return {
        "iso2709": b64encode(fetched.data).decode(),
        "format": fetched.record_format,
        "source": fetched.source,
    }


def asked_shown(asked: Asked) -> dict[str, Any]:
    """What one target has answered."""
    found = asked.choice.fetched is not None
    return {
        "target": asked.target,
        "found": found,
        "problem": asked.problem or ("" if found else "; ".join(asked.choice.refusals)),
        "milliseconds": round(asked.seconds * 1000),
    }
