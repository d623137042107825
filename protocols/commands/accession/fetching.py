"""Records of other catalogues, fetched by whoever types: from the targets of [accession]."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from protocols.commands.shared.settings import Settings

if TYPE_CHECKING:  # what reads records is loaded where some are fetched
    from catalogue.changes.fetched import Fetched
    from protocols.records.record_sources import Asked, Outcome, Targets


def targets_of(settings: Settings) -> Targets:
    """Those of tiro.toml; of a server alone none are known where there is no such file."""
    from protocols.records.accession_settings import AccessionSettings
    from protocols.records.record_sources import Targets

    if settings.server is not None and not settings.path.exists():
        return Targets(AccessionSettings())
    return Targets(settings.configuration.accession)


def fetched_by(targets: Targets, number: str) -> Outcome:
    """What the targets have of a number as it was typed or scanned."""
    from catalogue.searching.standard_numbers import readings

    return targets.fetch(readings(number))


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
