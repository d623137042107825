"""How a caller writes NCIP, so that the answer can be written the same way.

The callers of one version differ in the version string, in prefixes and in document types. A
`Dialect` holds what the writer must know of them; `protocols.ncip.models` has the differences
between versions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from protocols.ncip.messages import Code
from protocols.ncip.models.marks import V2, Version
from protocols.ncip.models.services import FIRST_VERSION, LOOKUP_REQUEST_1, ONLY_VERSION_1

NAMESPACE = "http://www.niso.org/2008/ncip"

#: The versions spoken here: (major, minor) -> the name of its schema, as in a version attribute.
VERSIONS: dict[Version, str] = {
    (2, 2): "http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd",
    (2, 1): "http://www.niso.org/schemas/ncip/v2_01/ncip_v2_01.xsd",
    (2, 0): "http://www.niso.org/schemas/ncip/v2_0/ncip_v2_0.xsd",
    (1, 1): "http://ncip.envisionware.com/documentation/ncip_v1_01.dtd",
    (1, 0): "http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd",
}
NEWEST: Version = (2, 2)
OLDEST: Version = (1, 0)

_DIGITS = re.compile(r"(?<![0-9])([1-9])[._]0?([0-9])(?![0-9])")
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,19}")
_SAFE_IDENTIFIER = re.compile(r"[A-Za-z0-9 ._:/+(),=?;!*#@$%~-]{1,200}")
_LONGEST_VERSION = 200


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an answer looks like.

    `version` decides which elements may be used; `version_attribute` is what the answer says of
    itself. In version 2 elements have `prefix`, or none and the default namespace; attributes are
    always qualified, as the schemas demand. In version 1 there is no namespace; `doctype` is the
    document type declaration of the question, and `agency` names the answering agency as the
    question does; its scheme is that of all local lists.
    """

    version: Version = NEWEST
    version_attribute: str = VERSIONS[NEWEST]
    prefix: str = ""
    doctype: str = ""
    agency: Code | None = None

    @property
    def is_version_1(self) -> bool:
        return self.version < V2


#: For answers to unreadable messages.
DEFAULT = Dialect()


def version_digits(text: str) -> Version | None:
    """The version in a version attribute, which callers fill with many URIs and with numbers.

    The last number counts: ``.../v2_0/ncip_v2_01.xsd`` is 2.01.
    """
    found = _DIGITS.findall(text)
    return (int(found[-1][0]), int(found[-1][1])) if found else None


def dialect_of(version_attribute: str, prefix: str | None) -> Dialect:
    """The dialect of a version 2 message with this version attribute and prefix of its root."""
    if len(version_attribute) + len(prefix or "") > _LONGEST_VERSION:
        return _dialect_of(version_attribute, prefix)
    return _remembered(version_attribute, prefix)


def _dialect_of(version_attribute: str, prefix: str | None) -> Dialect:
    digits = version_digits(version_attribute)
    if digits in VERSIONS and digits >= V2 and len(version_attribute) <= _LONGEST_VERSION:
        version, text = digits, version_attribute
    else:
        version, text = NEWEST, VERSIONS[NEWEST]
    usable = prefix is not None and _PREFIX.fullmatch(prefix) and prefix.lower()[:3] != "xml"
    return Dialect(version, text, (prefix or "") if usable else "")


#: A partner always sends the same; long texts would cost memory.
_remembered = lru_cache(256)(_dialect_of)


def dialect_of_version_1(
    version_attribute: str, public_id: str | None = None, system_id: str | None = None
) -> Dialect:
    """The dialect of a version 1 message with this version attribute and document type."""
    digits = version_digits(version_attribute) or version_digits(system_id or "")
    is_known = digits in VERSIONS and digits < V2 and len(version_attribute) <= _LONGEST_VERSION
    version = digits if is_known and digits is not None else OLDEST
    doctype = ""
    if system_id and _SAFE_IDENTIFIER.fullmatch(system_id):
        doctype = f'SYSTEM "{system_id}"'
        if public_id and _SAFE_IDENTIFIER.fullmatch(public_id):
            doctype = f'PUBLIC "{public_id}" "{system_id}"'
    attribute = version_attribute if is_known and version_attribute else VERSIONS[version]
    return Dialect(version, attribute, doctype=doctype)


def version_with(service: str, version: Version) -> Version | None:
    """The version that an answer of a service is written in, for a question in `version`.

    Callers put new services into messages that claim an older version: LookupItemSet in 2.0,
    LookupRequest in 1.0. The answer is then in the first version that has the service. None if no
    version of the same generation has it: version 1 has no DeleteItem.
    """
    if version < V2:
        if service == LOOKUP_REQUEST_1:
            return (1, 1)
        return version if FIRST_VERSION.get(service, OLDEST) < V2 else None
    if service in ONLY_VERSION_1:
        return None
    return max(version, FIRST_VERSION.get(service, V2))
