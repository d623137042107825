"""The section ``[oai]`` of tiro.toml.

[oai]
enabled = true
namespace = "bibliotek.example.dk"  # in the identifiers of records: a domain name of the library
admin_email = "system@bibliotek.example.dk"

[oai.sources.national]              # any name: from whom records are harvested
url = "https://oai.example.org/oai"
set = "nat"
record_format = "danmarc2"
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from protocols.hosting.validating import written
from protocols.oai.harvesting.settings import SourceSettings

#: What stands there until somebody says otherwise: no identifier that anybody may keep.
UNSET_NAMESPACE: Final = "library.example"
UNSET_EMAIL: Final = "library@library.example"


@dataclass(frozen=True)
class OaiSettings:
    """What OAI-PMH serves at ``/oai`` of the common HTTP port: the records that everybody may find,
    as sets of agencies and branches, to harvesters that need not say who they are. And from whom
    records are harvested; `enabled` does not matter for that."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    enabled: bool = False
    #: In the identifier of every record, ``oai:NAMESPACE:NUMBER``. Harvesters keep it for ever.
    namespace: Annotated[
        str,
        written(
            r"^[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z][A-Za-z0-9-]*)+\Z",
            "A_DOMAIN_NAME",
        ),
    ] = UNSET_NAMESPACE
    #: The name of the repository, and who answers for it.
    name: Annotated[str, Field(min_length=1)] = "Library catalogue"
    admin_email: Annotated[str, written(r"^\S+@(\S+\.)+\S+\Z", "AN_EMAIL_ADDRESS")] = UNSET_EMAIL
    #: The address that harvesters are told; empty: the one that they used.
    base_url: Annotated[str, written(r"^(https?://\S+)?\Z", "AN_HTTP_ADDRESS")] = ""
    #: Records in an answer.
    page_records: Annotated[int, Field(ge=1, le=1_000)] = 200
    #: Seconds between two looks for a source whose hour has come.
    every: Annotated[float, Field(gt=0, le=3_600)] = 2.0
    #: From whom records are harvested: a table for each.
    sources: dict[str, SourceSettings] = field(default_factory=dict)
