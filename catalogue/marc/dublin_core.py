"""Dublin Core read as a brief record of MARC 21: what repositories give that have nothing else.

Elements count by their local names, in any namespace. Encoding level 3 (abbreviated), so that a
full record is known to be better.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from catalogue.marc.checking import Refused, accept_fields
from catalogue.marc.records_found import FoundRecord

_LEADER: Final = b"00000nam a22000003u 4500"
_ELEMENTS: Final = frozenset(
    {
        *("title", "creator", "subject", "description", "publisher", "contributor", "date"),
        *("type", "format", "identifier", "source", "language", "relation", "coverage", "rights"),
    }
)
_YEAR: Final = re.compile(r"(?<![0-9])(1[0-9]{3}|20[0-9]{2})(?![0-9])")
_ISBN: Final = re.compile(
    r"^(?:urn:)?(?:isbn[:\s]*)?((?:97[89][- ]?)?(?:[0-9][- ]?){9}[0-9Xx])$", re.IGNORECASE
)
_ISSN: Final = re.compile(r"^(?:urn:)?issn[:\s]*([0-9]{4}-?[0-9]{3}[0-9Xx])$", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"^https?://\S+$")
_LONGEST: Final = 5_000


def brief_record_of(element: etree._Element) -> FoundRecord | None:
    """The record that the elements below this one make; None where none is of Dublin Core."""
    told: defaultdict[str, list[str]] = defaultdict(list)
    for each in element.iterdescendants():
        if isinstance(each.tag, str) and (name := etree.QName(each).localname) in _ELEMENTS:
            text = _plain(each.text or "")
            if text and text not in told[name]:
                told[name].append(text)
    if not told:
        return None
    try:
        if not told["title"]:
            raise Refused("Dublin Core without a title")
        return FoundRecord(0, accept_fields(_LEADER, _fields(told)), "marc21", None)
    except Refused as error:
        return FoundRecord(0, etree.tostring(element, encoding="utf-8"), None, str(error))


def _plain(text: str) -> str:
    kept = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(kept.split())[:_LONGEST]


def _fields(told: Mapping[str, Sequence[str]]) -> list[tuple[bytes, bytes]]:
    year = next((found[1] for each in told["date"] if (found := _YEAR.search(each))), "")
    languages = [each for each in told["language"] if re.fullmatch("[a-z]{3}", each)]
    main, *others = told["creator"] or [""]
    first, *titles = told["title"]
    date = f"s{year}    " if year else "n" + "u" * 8
    made = [("008", f"      {date}xx {'|' * 17}{(languages or ['und'])[0]} d")]
    made += [
        ("020", f"  \x1fa{found[1]}") for each in told["identifier"] if (found := _ISBN.match(each))
    ]
    made += [
        ("022", f"  \x1fa{found[1]}") for each in told["identifier"] if (found := _ISSN.match(each))
    ]
    if languages:
        made.append(("041", "0 " + "".join(f"\x1fa{each}" for each in languages)))
    if main:
        made.append(("100", f"1 \x1fa{main}"))
    made.append(("245", f"{'1' if main else '0'}0\x1fa{first}"))
    made += [("246", f"13\x1fa{each}") for each in titles]
    published = [f"\x1fb{each}" for each in told["publisher"]] + ([f"\x1fc{year}"] if year else [])
    if published:
        made.append(("264", " 1" + "".join(published)))
    made += [("500", f"  \x1fa{each}") for each in (*told["source"], *told["rights"])]
    made += [("520", f"  \x1fa{each}") for each in told["description"]]
    made += [("653", f"  \x1fa{each}") for each in (*told["subject"], *told["coverage"])]
    made += [("655", f" 4\x1fa{each}") for each in told["type"]]
    made += [("700", f"1 \x1fa{each}") for each in (*others, *told["contributor"])]
    made += [("856", f"40\x1fu{each}") for each in told["identifier"] if _ADDRESS.match(each)]
    return [(tag.encode(), content.encode("utf-8", "replace")) for tag, content in made]
