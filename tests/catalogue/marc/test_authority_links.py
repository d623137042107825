"""Names of authorities, put where a record has only their numbers."""

from __future__ import annotations

import pytest

from catalogue.marc.authority_links import authority_number, links_of, with_names
from catalogue.marc.iso2709 import fields
from tests.builders.danmarc2 import a_danmarc2_record, lines_of

PERSON = a_danmarc2_record(
    "001 00 *a 68058953 *b 870979 *f a",
    "004 00 *r n *a e",
    "100 00 *a Ellis *h Bret Easton *c f. 1964",
    "400 00 *a Easton Ellis *h Bret",
    "500 00 *a Ellis *h B.E. *w se også",
)
BODY = a_danmarc2_record(
    "001 00 *a 48872247 *b 870979",
    "110 00 *s Københavns Kommune *c Bibliotekerne",
    "410 00 *a KKB",
)
WORK = a_danmarc2_record(
    "001 00 *a 133990054 *b 870979",
    "133 00 *a Ringenes herre *8 dan",
    "433 00 *a Lord of the rings *ø roman",
)
UNIVERSE = a_danmarc2_record("001 00 *a 133990119 *b 870979", "134 00 *a Middle-earth *8 eng")
AUTHORITIES = {"68058953": PERSON, "48872247": BODY, "133990054": WORK, "133990119": UNIVERSE}

NAMED = {
    "main entry": (
        ["100 00 *5 870979 *6 68058953 *4 aut"],
        [
            "100 00 *a Ellis *h Bret Easton *c f. 1964 *5 870979 *6 68058953 *4 aut",
            "900 00 *a Easton Ellis *h Bret *z 100 *5 870979 *6 68058953",
            "900 00 *a Ellis *h B.E. *z 100 *5 870979 *6 68058953",
        ],
    ),
    "numbered": (
        ["770 00 *å 12 *5 870979 *6 68058953"],
        [
            "770 00 *å 12 *a Ellis *h Bret Easton *c f. 1964 *5 870979 *6 68058953",
            "900 00 *a Easton Ellis *h Bret *z 770/12 *5 870979 *6 68058953",
            "900 00 *a Ellis *h B.E. *z 770/12 *5 870979 *6 68058953",
        ],
    ),
    "repeatable without a number": (
        ["700 00 *å 1001 *a X", "710 00 *5 870979 *6 48872247"],
        [
            "700 00 *å 1001 *a X",
            "710 00 *å 1002 *s Københavns Kommune *c Bibliotekerne *5 870979 *6 48872247",
            "910 00 *a KKB *z 710/1002 *5 870979 *6 48872247",
        ],
    ),
    "relation": (
        ["234 00 *w del af univers *5 870979 *6 133990119"],
        ["234 00 *w del af univers *a Middle-earth *8 eng *5 870979 *6 133990119"],
    ),
    "title and addition alone": (
        ["845 00 *å 3 *5 870979 *6 133990054"],
        [
            "845 00 *å 3 *a Ringenes herre *5 870979 *6 133990054",
            "945 00 *a Lord of the rings *ø roman *z 845/3 *5 870979 *6 133990054",
        ],
    ),
    "another agency, and not there": (
        ["600 00 *5 190004 *6 68058953", "600 00 *5 870979 *6 1"],
        ["600 00 *5 190004 *6 68058953", "600 00 *5 870979 *6 1"],
    ),
    "no field for links": (
        ["016 00 *5 870979 *6 68058953"],
        ["016 00 *5 870979 *6 68058953"],
    ),
}


@pytest.mark.parametrize("case", NAMED)
def test_names_are_put_in(case: str) -> None:
    before, after = NAMED[case]
    first, last = "001 00 *a 1 *b 870970", "990 00 *a last"
    made = with_names(a_danmarc2_record(first, *before, last), AUTHORITIES)
    assert lines_of(made.data) == [first, *after, last]


@pytest.mark.parametrize("case", NAMED)
def test_doing_it_again_changes_nothing(case: str) -> None:
    data = a_danmarc2_record("001 00 *a 1", *NAMED[case][0])
    once = with_names(data, AUTHORITIES).data
    assert with_names(once, AUTHORITIES).data is once
    assert with_names(once, {}).data is once


def test_a_changed_authority_takes_the_place_of_the_old_one() -> None:
    data = a_danmarc2_record("001 00 *a 1", "100 00 *5 870979 *6 68058953 *4 aut")
    old = with_names(data, AUTHORITIES).data
    new = a_danmarc2_record("001 00 *a 68058953 *b 870979", "100 00 *a Ellis *h B.")
    assert lines_of(with_names(old, {"68058953": new}).data) == [
        "001 00 *a 1",
        "100 00 *a Ellis *h B. *5 870979 *6 68058953 *4 aut",
    ]


def test_what_is_missing_is_told() -> None:
    data = a_danmarc2_record(
        "001 00 *a 1", "100 00 *5 870979 *6 68058953", "700 00 *5 870979 *6 999"
    )
    assert links_of(data) == {"68058953", "999"}
    assert with_names(data, AUTHORITIES).missing == {"999"}
    assert with_names(PERSON, AUTHORITIES).missing == frozenset()


def test_who_is_an_authority() -> None:
    assert authority_number(PERSON) == "68058953"
    assert authority_number(a_danmarc2_record("001 00 *a 1 *b 870970")) is None
    mentioned = a_danmarc2_record("001 00 *a 1 *b 870970", "016 00 *b 870979")
    assert authority_number(mentioned) is None
    assert [tag for tag, _ in fields(PERSON)] == [b"001", b"004", b"100", b"400", b"500"]
