"""Letters on paper by remote print (Fjernprint): ``ForsendelseI`` of urn:oio:fjernprint:1.0.0.

The address must also stand on the first page of the PDF, in the window of the envelope; here it
serves for sorting.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from lxml import etree

FJERNPRINT: Final = "urn:oio:fjernprint:1.0.0"
_DKAL: Final = "urn:oio:dkal:1.0.0"
_ADIR: Final = "urn:oio:adir:dagpenge:2009.07.01"
_ITST: Final = "http://rep.oio.dk/itst.dk/xml/schemas/2006/01/17/"
_DKCC_2003: Final = "http://rep.oio.dk/ebxml/xml/schemas/dkcc/2003/02/13/"
_DKCC_MARCH: Final = "http://rep.oio.dk/ebxml/xml/schemas/dkcc/2005/03/15/"
_DKCC_MAY: Final = "http://rep.oio.dk/ebxml/xml/schemas/dkcc/2005/05/19/"
_SAGDOK: Final = "urn:oio:sagdok:3.0.0"
_NSMAP: Final = {"fjernprint": FJERNPRINT}

#: The number of a recipient of whom only the address is given.
NOBODY: Final = "0000000000"
_LONGEST_LINE: Final = 34
_LINES: Final = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")
_POST_CODE = re.compile(r"(?:DK-)?([0-9]{4})(?:\s|$)", re.ASCII)


class PostCategory(Enum):
    """The class of post. The value is ``PostKategoriKode``."""

    PRIORITAIRE = "Prioritaire"
    ECONOMIQUE = "Economique"
    BULK = "Bulk"
    REGISTERED = "Rekommanderet"
    REGISTERED_WITH_RECEIPT = "Rekommanderet med modtagerbevis"
    SERVED = "Forkyndelse"


class Envelope(Enum):
    """The value is ``KuvertTypeKode``."""

    C4 = "C4"
    C5 = "C5"
    MA = "MA"


class LetterInvalid(ValueError):
    """The schema does not allow the letter; the text says why and names nobody."""


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A name, and one to six lines of address, the last of them with the post code."""

    name: str
    lines: tuple[str, ...]
    country: str = "DK"  # ISO 3166, two letters

    @property
    def post_code(self) -> str | None:
        """The post code of a Danish address, if a line begins with one."""
        found = [match[1] for match in map(_POST_CODE.match, self.lines) if match]
        return found[-1] if found and self.country == "DK" else None


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `letter_type` is the number agreed on with the print supplier.

    `id_type` and `number` name the recipient; one without a number is reached by `address`.
    """

    identifier: str
    letter_type: int
    pdf: bytes = field(repr=False)
    title: str
    id_type: str = "CPR"
    number: str = field(default=NOBODY, repr=False)
    address: PostalAddress | None = field(default=None, repr=False)
    category: PostCategory = PostCategory.PRIORITAIRE
    envelope: Envelope = Envelope.C5


def letter_element(letter: Letter) -> etree._Element:
    """The element ``ForsendelseI``. Raises LetterInvalid."""
    _check(letter)
    root = etree.Element(f"{{{FJERNPRINT}}}ForsendelseI", nsmap=_NSMAP)
    _add(root, FJERNPRINT, "AfsendelseIdentifikator", letter.identifier)
    _add(root, FJERNPRINT, "ForsendelseTypeIdentifikator", str(letter.letter_type))
    to = _add(root, FJERNPRINT, "ForsendelseModtager")
    identity = _add(to, _DKAL, "AfsendelseModtager")
    _add(identity, _ADIR, f"{letter.id_type}nummerIdentifikator", letter.number)
    if letter.address is not None:
        _add_address(to, letter.address)
    _add(root, _DKAL, "FilformatNavn", "pdf")
    _add(root, _DKAL, "MeddelelseIndholdData", b64encode(letter.pdf).decode("ascii"))
    receipts = _add(root, FJERNPRINT, "TransaktionsParametreI")
    _add(receipts, FJERNPRINT, "KvitteringsTypeKode", "Alle")
    document = _add(root, FJERNPRINT, "DokumentParametre")
    _add(document, _SAGDOK, "TitelTekst", letter.title)
    printing = _add(root, FJERNPRINT, "PrintParametre")
    _add(printing, FJERNPRINT, "KuvertTypeKode", letter.envelope.value)
    posting = _add(root, FJERNPRINT, "PostParametre")
    _add(posting, FJERNPRINT, "PostKategoriKode", letter.category.value)
    return root


def letters_element(letter: Letter) -> etree._Element:
    """The letter in its collection, as a ``kombi_request`` has it."""
    collection = etree.Element(f"{{{FJERNPRINT}}}ForsendelseISamling", nsmap=_NSMAP)
    collection.append(letter_element(letter))
    return collection


def _check(letter: Letter) -> None:
    address = letter.address
    digits = {"CPR": 10, "CVR": 8}.get(letter.id_type)
    if not re.fullmatch(rf"[0-9]{{{digits}}}", letter.number, re.ASCII):
        raise LetterInvalid("the recipient's number is none of its type")
    if letter.number == NOBODY and address is None:
        raise LetterInvalid("a letter needs a number or an address")
    if not 1 <= len(letter.identifier) <= 38:
        raise LetterInvalid("the identifier of a letter has 1 to 38 characters")
    if letter.letter_type < 1:
        raise LetterInvalid("the type of a letter is a number above 0")
    if address is not None:
        if not 1 <= len(address.name) <= 130:
            raise LetterInvalid("a name has 1 to 130 characters")
        if not 1 <= len(address.lines) <= len(_LINES):
            raise LetterInvalid(f"an address has 1 to {len(_LINES)} lines")
        if not all(1 <= len(line) <= _LONGEST_LINE for line in address.lines):
            raise LetterInvalid(f"a line of an address has 1 to {_LONGEST_LINE} characters")
        if not re.fullmatch("[A-Za-z]{2}", address.country, re.ASCII):
            raise LetterInvalid("a country has two letters")


def _add_address(to: etree._Element, address: PostalAddress) -> None:
    contact = _add(to, FJERNPRINT, "ModtagerAdresse")
    _add(contact, _ITST, "PersonName", address.name)
    for ordinal, line in zip(_LINES, address.lines, strict=False):
        _add(contact, _DKCC_MAY, f"PostalAddress{ordinal}LineText", line)
    if address.post_code is not None:
        _add(contact, _DKCC_MARCH, "PostCodeIdentifier", address.post_code)
    country = _add(contact, _DKCC_2003, "CountryIdentificationCode", address.country)
    country.set("scheme", "iso3166-alpha2")


def _add(
    parent: etree._Element, namespace: str, name: str, text: str | None = None
) -> etree._Element:
    child = etree.SubElement(parent, f"{{{namespace}}}{name}")
    try:
        child.text = text
    except ValueError:
        raise LetterInvalid(f"{name} holds a control character") from None
    return child
