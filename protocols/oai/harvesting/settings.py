"""The tables ``[oai.sources.NAME]`` of tiro.toml: whose records are harvested, and what is done
with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field

from catalogue.changes.overlaying import Protected
from catalogue.index.describing import FORMATS
from catalogue.loading.import_plans import LOCAL_FIELDS, ImportRules, Overlay
from catalogue.loading.record_matches import MatchKey
from circulation.harvesting.taking import Policy
from circulation.languages.sentences import Sentence, listed
from protocols.hosting.tls import File
from protocols.hosting.validating import written

#: Arguments of the standard, which are no further ones.
_OF_THE_STANDARD: Final = frozenset(
    {"verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken"}
)


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(Sentence("MUST", what=Sentence("EITHER", words=listed(sorted(FORMATS)))))
    return name


def _tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    Protected(tags)
    return tags


def _expression(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(Sentence("ITSELF", text=f"no expression: {error}")) from None
    if text and groups != 1:
        raise ValueError(Sentence("MUST", what=Sentence("AN_EXPRESSION_WITH_A_GROUP")))
    return text


def _further(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    if taken := sorted(_OF_THE_STANDARD & arguments.keys()):
        raise ValueError(Sentence("AN_ARGUMENT_OF_THE_STANDARD", name=taken[0]))
    return arguments


@dataclass(frozen=True)
class SourceSettings:
    """A repository that is harvested once a day. What is there already is found, and dealt with, by
    the rules that `tiro load` has."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: The address that the requests of OAI-PMH go to. It is shown; secrets are `password` and
    #: `arguments`.
    url: Annotated[str, written(r"^https?://[^\s#@/?]+(/[^\s#]*)?\Z", "A_HTTP_ADDRESS")]
    #: The format that is asked for (its metadataPrefix): MARC in XML, or ``oai_dc``, of which brief
    #: records are made.
    prefix: Annotated[str, written(r"^[A-Za-z0-9\-_.!~*'()]+\Z", "A_WORD")] = "marcxchange"
    #: The set that is asked for; empty: all records.
    set: str = ""
    #: When, in the zone of the library.
    at: Annotated[str, written(r"^([01]\d|2[0-3]):[0-5]\d\Z", "A_TIME")] = "03:00"
    #: What MARC the records are in that do not say so.
    record_format: Annotated[str, AfterValidator(_known_format)] = "marc21"
    #: The agency whose records they become; empty: all share them.
    agency: str = ""
    #: By what it is seen that a record is there already, one after the other.
    match: tuple[Literal["control-number", "isbn-title"], ...] = ("control-number",)
    #: What is done then: the new text is taken, or the stored one stays.
    overlay: Literal["replace", "keep"] = "replace"
    #: Fields that keep the library's own content, x for any character.
    protect: Annotated[tuple[str, ...], AfterValidator(_tags)] = LOCAL_FIELDS.tags
    #: Where an identifier has the record's control number: an expression whose group is it, as
    #: ``870970-basis:(\\d+)$``. For records that are withdrawn and came by `tiro load`.
    number_in: Annotated[str, AfterValidator(_expression)] = ""
    #: Records of a list that are deleted because the source has withdrawn them, and nothing here
    #: needs them, at most; others are listed for people. 0: none is deleted.
    most_withdrawn: Annotated[int, Field(ge=0, le=1_000_000)] = 1_000
    #: For sources that ask who comes (HTTP Basic).
    user: str | None = None
    password: str = field(default="", repr=False)
    #: Further arguments of each request, for sources that ask for such.
    arguments: Annotated[dict[str, str], AfterValidator(_further)] = field(
        default_factory=dict, repr=False
    )
    #: Authorities by which its certificate is verified; those of the system where there is none.
    ca_file: File | None = None
    #: Seconds that an answer may take.
    timeout: Annotated[float, Field(gt=0, le=600)] = 120.0

    @property
    def hour(self) -> time:
        """When it is asked, in the zone of the library."""
        return time.fromisoformat(self.at)

    @property
    def asked(self) -> str:
        """What is asked for, in a word: another one is another source."""
        return " ".join((self.url, self.prefix, self.set)).strip()

    def policy(self, agency_id: int | None) -> Policy:
        """What is done with its records; the agency is that of the settings."""
        keys = tuple(map(MatchKey, self.match))
        rules = ImportRules(keys, Overlay(self.overlay), Protected(self.protect))
        number_in = re.compile(self.number_in) if self.number_in else None
        return Policy(rules, self.record_format, agency_id, number_in, self.most_withdrawn)
