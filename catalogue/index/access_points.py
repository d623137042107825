"""What can be searched: the table of access points, and which fields of a record go into each.

An access point is searched in one or more *indexes*. Each is of a `Kind` and has a small number of
its own in the column ``postings.access_point``: `AccessPoint.index(kind)`. These numbers are stored
in the databases of libraries: a row may be added, and its fields may be changed (followed by a
reindexing), but its number must never change.

Fields are written ``TAG SUBFIELDS [/N]``, with blanks between them:

* ``245abnp/2``: the subfields a, b, n, p in the order of the record. The leading characters that
  indicator 2 counts are not filed, so first-in-field and whole-field terms are made both with and
  without them;
* ``490av+``: each $a begins a field of its own. A contents note has many titles, a list of
  keywords many keywords;
* ``700>tnp``: only subfields from the first $t on; nothing if there is no $t;
* ``650ax=0``: only fields whose indicator 2 is 0; it names the thesaurus of a subject heading;
* ``500*``: every lettered subfield except $u and $w; ``69.``: 690 to 699.

The MARC 21 fields follow "Attribute Set Bib-1 (Z39.50-1995): Semantics", with 264 and 084 added.
An 880 counts as the field that its $6 names. The folders of the protocols map Bib-1 numbers and
CQL names to the names used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """What the terms of an index are: bytes; text is folded UTF-8 (`catalogue.index.folding`)."""

    WORD = 0
    """One folded word. The term `PRESENT` has every record that has the access point at all."""
    PAIR = 1
    """Two adjacent folded words of one field, with a space between (`folding.pair_key`)."""
    FIELD = 2
    """A whole field, folded and cut (`folding.phrase_key`): for exact searches, browse lists and
    (by its prefixes) first words in field. If a point `is_whole_without_rest`, also its first
    subfield alone: the title proper, the name without dates."""
    FIRST = 4
    """The first word of a field."""
    NUMBER = 5
    """An identifier in ASCII letters (lower case) and digits (`catalogue.index.numbers`)."""
    YEAR = 6
    """A year as four digits."""
    CODE = 7
    """A value from a closed list, in lower case: a language, a material type."""


#: In the WORD index of an access point, or its only one: every record that has it.
PRESENT = b""

TEXT = (Kind.WORD, Kind.PAIR, Kind.FIELD)
WORDS = (Kind.WORD,)
HEADINGS = (Kind.WORD, Kind.FIELD)
NUMBERS = (Kind.NUMBER,)
CODES = (Kind.CODE,)


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """One row of the table.

    A point with `union_of` has no index of its own: all of those points are searched together.
    Nor has a point with `within`: candidates are found by the words of that point, and the fields
    of this one decide. That takes no space, but the search is refused if too many have the words.
    A point that `has_holders` also finds records by the ISILs of the agencies and branches that
    have items of them (`catalogue.holders`), which are not part of the index.
    A text point without a PAIR, FIELD or FIRST index finds phrases by their words; the fields of
    these records are then checked.
    """

    number: int
    name: str
    kinds: tuple[Kind, ...] = ()
    marc21: str = ""
    danmarc2: str = ""
    unimarc: str = ""
    union_of: tuple[str, ...] = ()
    within: str = ""
    is_whole_without_rest: bool = False
    has_holders: bool = False

    def index(self, kind: Kind) -> int:
        """The number of an index in ``postings.access_point``. Raises KeyError if there is none."""
        if kind not in self.kinds:
            raise KeyError(f"{self.name} has no {kind.name} index")
        return self.number * 10 + kind

    @property
    def presence_index(self) -> int:
        """The index whose term `PRESENT` has every record that has this point."""
        return self.number * 10 + self.kinds[0]


_PERSONAL_AUTHOR = "100abcdq 400abcdq 700abcdq 800abcdq"
_CORPORATE_AUTHOR = "110abcdg 410abcdg 710abcdg 810abcdg"
_CONFERENCE = "111acdegnq 411acdegnq 711acdegnq 811acdegnq"
_NAME_SERIES = "400>tnpv 410>tnpv 411>tnpv 800>tnpv 810>tnpv 811>tnpv"
_SERIES = f"440anpv/2 490av+ 830anpv/2 840av {_NAME_SERIES}"
_SUBJECT_NAMES = "600abcdqtxyzv 610abcdgnptxyzv 611acdegnqtxyzv"


def _thesaurus(indicator: int) -> str:
    """The subject fields of one thesaurus, by their indicator 2."""
    fields = (
        *_SUBJECT_NAMES.split(),
        "630adfgklmnoprstxyzv/1",
        "648axyzv",
        "650abcdxyzv",
        "651axyzv",
        "655abcxyzv",
    )
    return " ".join(f"{field}={indicator}" for field in fields)


#: The table. Points are looked up by name in `ACCESS_POINTS`.
ROWS = (
    AccessPoint(
        1,
        "any",
        WORDS,
        marc21="1..* 2..* 300* 362* 38.* 4..* 5..* 6..* 7..* 80.* 81.* 83.* 84.* 027a 028a 037a",
        danmarc2="02.* 1..* 2..* 300* 4..* 5..* 6..* 7..* 84.* 900* 910* 945*",
        unimarc="2..* 3..* 4..* 5..* 6..* 7..*",
    ),
    AccessPoint(
        2,
        "title",
        (*TEXT, Kind.FIRST),
        marc21=(
            "245abfgknps/2 130adfgklmnoprst/1 210ab 211ab 212ab 214ab 222ab/2 240adfgklmnoprs/2"
            " 242abnp/2 243adfgklmnoprs/2 246abfgnp 247abfgnp 440anp/2 490a+ 730adfgklmnoprst/1"
            " 740anp/1 830adfgklmnoprst/2 840a 505t+ 400>tknp 410>tknp 411>tknp 600>tklmnoprs"
            " 610>tklmnoprs 611>tklmnoprs 700>tklmnoprs 710>tklmnoprs 711>tklmnoprs"
            " 800>tklmnoprs 810>tklmnoprs 811>tklmnoprs"
        ),
        danmarc2=(
            "245abcgnop 239tuv 240a 241a 247a 248a 222a 210a 440a 512t+ 520t+ 526t+ 530t+ 739tuv"
            " 740a 745a+ 780t+ 795a+ 840a 945a"
        ),
        unimarc=(
            "200aehi+ 205a 225aehi 410t 454t 461t 500ahikmn 503a 510aehi 512aei 513aei 514aei 515a"
            " 516a 517aei 518a 530a 531a 532a 540a 541aei"
        ),
        is_whole_without_rest=True,
    ),
    AccessPoint(
        3,
        "author",
        TEXT,
        marc21=f"{_PERSONAL_AUTHOR} {_CORPORATE_AUTHOR} {_CONFERENCE}",
        danmarc2=(
            "100ahefck 110aceijk 239ahefck 700ahefck 710aceijk 770ahefck 780aceijk 900ahefck"
            " 910aceijk"
        ),
        unimarc="700abcdfg 701abcdfg 702abcdfg 710abcdefg 711abcdefg 712abcdefg 720af",
        is_whole_without_rest=True,
    ),
    AccessPoint(
        4,
        "subject",
        TEXT,
        marc21=(
            f"{_SUBJECT_NAMES} 630adfgklmnoprstxyzv/1 648axyzv 650abcdxyzv 651axyzv 653a+ 654abcvyz"
            " 655abcxyzv 656akxyzv 657axyzv 69.*"
        ),
        danmarc2=(
            "600ahefck 610aceijk 620a 621abej 630afs 631abfgst 633a 634a 645abc 650axyz 651axyz"
            " 652ahb 654a 660a 661a 664a 665* 666* 667a 668a 670a"
        ),
        unimarc=(
            "600abcdfgjxyz 601abcdefgjxyz 602afjxyz 604at 605ahijxyz 606ajxyz 607ajxyz 608ajxyz"
            " 610a+"
        ),
    ),
    AccessPoint(5, "series", TEXT, _SERIES, "440avz 840avz", "225aehiv 410tv"),
    AccessPoint(
        6,
        "uniform_title",
        HEADINGS,
        marc21=(
            "130adfgklmnoprst/1 240adfgklmnoprs/2 730adfgklmnoprst/1 700>tklmnoprs 710>tklmnoprs"
            " 711>tklmnoprs"
        ),
        danmarc2="239tuv 240a 739tuv 740a",
    ),
    AccessPoint(7, "isbn", NUMBERS, "020a", "021ae", "010a"),
    AccessPoint(
        8,
        "issn",
        NUMBERS,
        marc21=(
            "022al 400x 410x 411x 440x 490x 760x 762x 765x 767x 770x 772x 773x 774x 775x 776x 777x"
            " 780x 785x 786x 787x 830x"
        ),
        danmarc2="022a",
        unimarc="011a 225x 410x",
    ),
    AccessPoint(9, "local_number", NUMBERS, "001 035a", "001a", "001 035a"),
    AccessPoint(
        10,
        "standard_identifier",
        union_of=(
            "isbn",
            "issn",
            "local_number",
            "lc_card_number",
            "national_bibliography_number",
            "other_identifier",
        ),
    ),
    AccessPoint(11, "year", (Kind.YEAR,), "008 260c 264c", "008a"),
    AccessPoint(12, "language", CODES, "008 041ad", "008l 041ad", "101a"),
    AccessPoint(13, "publisher", TEXT, "260b 264b", "260b 264b", "210c 214c"),
    AccessPoint(14, "material_type", CODES, "000 007 008 502", "009 008 005"),
    AccessPoint(15, "author_personal", WORDS, _PERSONAL_AUTHOR, "100ahefck 700ahefck 770ahefck"),
    AccessPoint(16, "author_corporate", WORDS, _CORPORATE_AUTHOR, "110aceijk 710aceijk"),
    AccessPoint(17, "author_conference", WORDS, _CONFERENCE, ""),
    AccessPoint(18, "subject_personal", WORDS, "600abcdqtxyzv", "600ahefck"),
    AccessPoint(19, "subject_corporate", WORDS, "610abcdgnptxyzv", "610aceijk"),
    AccessPoint(20, "subject_conference", WORDS, "611acdegnqtxyzv", ""),
    AccessPoint(21, "personal_name", union_of=("author_personal", "subject_personal")),
    AccessPoint(22, "corporate_name", union_of=("author_corporate", "subject_corporate")),
    AccessPoint(23, "conference_name", union_of=("author_conference", "subject_conference")),
    AccessPoint(
        24,
        "name",
        union_of=("author", "subject_personal", "subject_corporate", "subject_conference"),
    ),
    AccessPoint(25, "geographic_name", WORDS, "651axyzv", "665q 666lq"),
    AccessPoint(26, "genre", HEADINGS, "655abcxyzv", "665u 666ou"),
    AccessPoint(27, "key_title", HEADINGS, "222ab/2", "222a"),
    AccessPoint(28, "host_item", HEADINGS, "773t", "557a 558a"),
    AccessPoint(29, "place_of_publication", WORDS, "260a 264a", "260a 264a"),
    AccessPoint(30, "lc_card_number", NUMBERS, "010az", ""),
    AccessPoint(31, "national_bibliography_number", NUMBERS, "015a", "020b"),
    AccessPoint(
        32,
        "other_identifier",
        NUMBERS,
        marc21="020z 022yz 024a 027a 028a 030a 037a",
        danmarc2="021x 022z 023ab 024a 027a 028a 030a",
    ),
    AccessPoint(33, "dewey", NUMBERS, "082a", "082a", "676a"),
    AccessPoint(34, "udc", NUMBERS, "080a", "080a", "675a"),
    AccessPoint(35, "lc_call_number", NUMBERS, "050ab 090ab", "050ab"),
    AccessPoint(36, "nlm_call_number", NUMBERS, "060ab", "060ab"),
    AccessPoint(37, "local_class", NUMBERS, "084a", "087a 088a 089a 652mnop"),
    AccessPoint(38, "record_type", CODES, "000", "008t"),
    AccessPoint(39, "bibliographic_level", CODES, "000", "004a"),
    AccessPoint(40, "possessing_institution", NUMBERS, "040a 850a 852a", "096z", has_holders=True),
    AccessPoint(41, "note", marc21="5..*", danmarc2="5..*", unimarc="3..*", within="any"),
    AccessPoint(42, "subject_lcsh", marc21=_thesaurus(0), within="subject"),
    AccessPoint(43, "subject_mesh", marc21=_thesaurus(2), within="subject"),
    AccessPoint(44, "subject_rvm", marc21=_thesaurus(6), within="subject"),
    AccessPoint(45, "subject_children", marc21=_thesaurus(1), within="subject"),
    AccessPoint(
        46,
        "subject_topical",
        marc21="650abcdxyzv",
        danmarc2="650axyz",
        unimarc="606ajxyz",
        within="subject",
    ),
    AccessPoint(48, "abstract", marc21="520*", danmarc2="504*", unimarc="330*", within="any"),
    AccessPoint(49, "author_title", union_of=("author", "title")),
    AccessPoint(
        50,
        "name_title",
        union_of=("author", "subject_personal", "subject_corporate", "subject_conference", "title"),
    ),
    AccessPoint(51, "author_title_subject", union_of=("author", "title", "subject")),
    AccessPoint(52, "subject_local", marc21=f"69.* {_thesaurus(4)}", within="subject"),
    AccessPoint(
        53,
        "subject_subdivision",
        marc21="600xyzv 610xyzv 611xyzv 630xyzv 648xyzv 650xyzv 651xyzv 655xyzv",
        danmarc2="650xyz 651xyz",
        unimarc="600xyz 601xyz 602xyz 605xyz 606xyz 607xyz",
        within="subject",
    ),
    AccessPoint(54, "title_collective", marc21="243adfgklmnoprs/2", within="title"),
    AccessPoint(55, "title_parallel", marc21="246abfgnp=1", unimarc="510aehi", within="title"),
    AccessPoint(56, "title_cover", marc21="246abfgnp=4", unimarc="512aei", within="title"),
    AccessPoint(57, "title_added_page", marc21="246abfgnp=5", unimarc="513aei", within="title"),
    AccessPoint(58, "title_caption", marc21="246abfgnp=6", unimarc="514aei", within="title"),
    AccessPoint(59, "title_running", marc21="246abfgnp=7", unimarc="515a", within="title"),
    AccessPoint(60, "title_spine", marc21="246abfgnp=8", unimarc="516a", within="title"),
    AccessPoint(
        61,
        "title_other_variant",
        marc21="246abfgnp=3 212ab 247abfgnp 740anp/1",
        unimarc="517aei",
        within="title",
    ),
    AccessPoint(62, "title_former", marc21="247abfgnp 780*", unimarc="430* 520aei", within="any"),
    AccessPoint(63, "title_abbreviated", marc21="210ab 211ab", danmarc2="210a", within="title"),
    AccessPoint(64, "title_expanded", marc21="214ab", unimarc="532a", within="title"),
    AccessPoint(65, "related_periodical", marc21="247abfgnp 780* 785*", within="any"),
    # Not for users: which records refer to an authority (`catalogue.changes.authorities`).
    AccessPoint(
        47,
        "authority_link",
        NUMBERS,
        danmarc2="1006 1106 2336 2346 6006 6106 7006 7106 7706 7806 8456 8466",
    ),
)

ACCESS_POINTS = {row.name: row for row in ROWS}


def searched_points(name: str) -> tuple[AccessPoint, ...]:
    """The points with indexes that are searched for `name`. Raises KeyError if it is unknown."""
    point = ACCESS_POINTS[name]
    if not point.union_of:
        return (point,)
    return tuple(ACCESS_POINTS[part] for part in point.union_of)
