"""How a caller writes NCIP, so that the answer can be written the same way.

The callers of one version differ in the version string, in prefixes and in how they qualify
attributes. A `Dialect` holds what the writer must know; a further version of NCIP with other
spelling is another dialect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMESPACE = "http://www.niso.org/2008/ncip"

#: The versions spoken here: (major, minor) -> the name of its schema, which is what a version
#: attribute holds.
VERSIONS = {
    (2, 2): "http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd",
    (2, 1): "http://www.niso.org/schemas/ncip/v2_01/ncip_v2_01.xsd",
    (2, 0): "http://www.niso.org/schemas/ncip/v2_0/ncip_v2_0.xsd",
}
NEWEST = (2, 2)

_DIGITS = re.compile(r"(?<![0-9])([1-9])[._]0?([0-9])(?![0-9])")
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,19}")
_LONGEST_VERSION = 200


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an answer looks like.

    `version` decides which elements may be used; `version_attribute` is what the answer says of
    itself; elements have `prefix`, or none and the default namespace. Attributes are qualified
    always, as the schemas of version 2 demand.
    """

    version: tuple[int, int] = NEWEST
    version_attribute: str = VERSIONS[NEWEST]
    prefix: str = ""


#: For answers to what could not be read.
DEFAULT = Dialect()


def version_digits(text: str) -> tuple[int, int] | None:
    """The version in a version attribute, which callers fill with many URIs and with numbers.

    The last number counts: ``.../v2_0/ncip_v2_01.xsd`` is 2.01.
    """
    found = _DIGITS.findall(text)
    return (int(found[-1][0]), int(found[-1][1])) if found else None


def dialect_of(version_attribute: str, prefix: str | None) -> Dialect:
    """The dialect of a version 2 message with this version attribute and prefix of its root."""
    digits = version_digits(version_attribute)
    if digits in VERSIONS and len(version_attribute) <= _LONGEST_VERSION:
        version, text = digits, version_attribute
    else:
        version, text = NEWEST, VERSIONS[NEWEST]
    usable = prefix is not None and _PREFIX.fullmatch(prefix) and prefix.lower()[:3] != "xml"
    return Dialect(version, text, (prefix or "") if usable else "")
