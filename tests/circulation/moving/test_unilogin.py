"""The export of UNI-Login, one XML file for each school, in the shapes of its versions."""

from __future__ import annotations

from datetime import date
from xml.sax.saxutils import escape

import pytest

from circulation.moving.example_plans import example_path, read_example
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import PlanUnfit, read_plan
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from tests.builders.circulation import a_patron
from tests.builders.fees import number_of
from tests.builders.moving import OldSystem

OLD, NEW = "https://wsieksport.unilogin.dk/eksport/full", "https://brugerdatabasen.stil.dk/full"
PARENT = "0203801234"


@pytest.fixture
def schools(old: OldSystem) -> OldSystem:
    IDENTIFIERS.put(old.library.circulation, IdentifierKey(b"k" * 16))
    return old


def person(number: str, *names: str, born: str = "", protected: bool = False) -> str:
    first, family = names
    known = f"<u:CivilRegistrationNumber>{number}</u:CivilRegistrationNumber>" if number else ""
    birth = f"<u:BirthDate>{born}</u:BirthDate>" if born else ""
    return (
        f'<u:Person protected="{str(protected).lower()}">'
        f"<u:FirstName>{escape(first)}</u:FirstName><u:FamilyName>{escape(family)}</u:FamilyName>"
        f"{known}<u:EmailAddress/>{birth}</u:Person>"
    )


def pupil(login: str, who: str, *contacts: str, group: str = "g7", level: str = "7") -> str:
    return (
        f"<u:InstitutionPerson source='a'><u:UNILogin><u:UserId>{login}</u:UserId></u:UNILogin>"
        f"{who}<u:Student><u:Role>Elev</u:Role><u:Level>{level}</u:Level>"
        f"<u:GroupId>hold-3</u:GroupId><u:MainGroupId>{group}</u:MainGroupId>{''.join(contacts)}"
        "</u:Student></u:InstitutionPerson>"
    )


def contact(who: str, *, has_custody: bool = True) -> str:
    custody = str(has_custody).lower()
    return f'<u:ContactPerson relation="Mor" childCustody="{custody}">{who}</u:ContactPerson>'


def teacher(login: str, who: str, *roles: str) -> str:
    told = "".join(f"<u:Role>{role}</u:Role>" for role in roles)
    return (
        f"<u:InstitutionPerson source='a'><u:UNILogin><u:UserId>{login}</u:UserId></u:UNILogin>"
        f"{who}<u:Employee>{told}<u:GroupId>g7</u:GroupId></u:Employee></u:InstitutionPerson>"
    )


def export(*persons: str, space: str = NEW, school: str = "151001", after: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{after}<u:UNILoginExportFull xmlns:u="{space}" '
        'accessLevel="full" exportDateTime="2026-11-25T06:00:00"><u:Institution>'
        f"<u:InstitutionNumber>{school}</u:InstitutionNumber>"
        "<u:InstitutionName>Islev Skole</u:InstitutionName>"
        "<u:Group><u:GroupId>g7</u:GroupId><u:GroupName>7B</u:GroupName></u:Group>"
        "<u:Group><u:GroupId>g8</u:GroupId><u:GroupName>8B</u:GroupName></u:Group>"
        f"{''.join(persons)}</u:Institution></u:UNILoginExportFull>"
    )


IDA = person("0505131234", "Ida", "Ørsted", born="2013-05-05", protected=True)
MOTHER = contact(person(PARENT, "Eva", "Ørsted"))
UNCLE = contact(person("0404801234", "Bo", "Ørsted"), has_custody=False)
PIA = person("", "Pia", "Krøyer & Søn")


def classes(schools: OldSystem) -> list[tuple[str, str]]:
    found = schools.rows(
        "SELECT p.given_name, g.name FROM patron_group_members m"
        " JOIN patrons p ON p.id = m.patron_id JOIN patron_groups g ON g.id = m.group_id"
    )
    return sorted(found)


@pytest.mark.parametrize("space", [OLD, NEW])
def test_pupils_teachers_and_whoever_has_custody(schools: OldSystem, space: str) -> None:
    library = schools.library
    a_patron(library, national_id=PARENT, birth_date=date(1980, 3, 2))
    whole = export(
        pupil("idao1234", IDA, MOTHER, UNCLE), teacher("piak1234", PIA, "Lærer", "TAP"), space=space
    )
    schools.example("unilogin", islev__xml=whole)
    told = schools.deliver()
    assert (told["members"].new, told["guardians"].new) == (2, 1)
    assert schools.faults == []
    found = schools.rows("SELECT name, category, birth_date, is_protected FROM patrons ORDER BY id")
    assert [tuple(map(str, each)) for each in found[1:]] in (
        [("Ida Ørsted", "child", "2013-05-05", yes), ("Pia Krøyer & Søn", "adult", "None", no)]
        for yes, no in (("True", "False"), ("1", "0"))
    )
    assert classes(schools) == [("Ida", "7B"), ("Pia", "Islev Skole")]
    (guardians,) = schools.rows("SELECT patron_id FROM patron_guardians")
    assert guardians == (number_of(library, "idao1234"),)
    again = schools.deliver()
    assert (again["members"].unchanged, again["guardians"].unchanged) == (2, 1)


def test_a_summer(schools: OldSystem) -> None:
    schools.example("unilogin", islev__xml=export(pupil("idao1234", IDA), pupil("boaa1234", PIA)))
    schools.deliver()
    schools.example("unilogin", islev__xml=export(pupil("idao1234", IDA, group="g8", level="8")))
    assert schools.deliver()["members"].stopped
    told = schools.deliver(may_be_shorter=True)["members"]
    assert (told.changed, told.gone) == (1, 1)
    assert classes(schools) == [("Ida", "8B")]


def test_half_a_file_is_none(schools: OldSystem) -> None:
    whole = export(pupil("idao1234", IDA), pupil("boaa1234", PIA))
    schools.example("unilogin", islev__xml=whole)
    schools.deliver()
    schools.example("unilogin", islev__xml=whole[: len(whole) // 2])
    told = schools.deliver(may_be_shorter=True)["members"]
    assert (told.gone, told.reasons["unreadable file"]) == (0, 1)
    assert len(classes(schools)) == 2


def test_nothing_is_fetched_and_no_entity_resolved(schools: OldSystem) -> None:
    secret = schools.folder / "secret"
    secret.write_text("4711", encoding="utf-8")
    doctype = f'<!DOCTYPE u [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    who = person("", "Ida", "ENTITY").replace("ENTITY", "&e;")
    schools.example("unilogin", islev__xml=export(pupil("idao1234", who), after=doctype))
    schools.deliver()
    assert "4711" not in repr(schools.rows("SELECT name FROM patrons"))


def test_an_unknown_role_or_school_is_set_aside(schools: OldSystem) -> None:
    schools.example(
        "unilogin",
        islev__xml=export(teacher("piak1234", PIA, "Kok")),
        other__xml=export(pupil("idao1234", IDA), school="999999"),
    )
    assert schools.deliver()["members"].new == 0
    told = [(each.reason, each.detail) for kind, each in schools.faults if kind == "members"]
    assert told == [
        ("unknown code", "category: 'Kok'"),
        ("unknown code", "home_branch: '999999'"),
    ]


def test_a_path_that_is_none_is_wrong_with_the_plan(schools: OldSystem) -> None:
    schools.plan = read_example("unilogin")
    schools.plan = schools.plan.replace('"Person/FirstName"', '"Person/["')
    with pytest.raises(PlanUnfit, match=r"members: 'Person/\[' is no path"):
        schools.read()
    assert read_plan(example_path("unilogin"), FIELDS).source == "unilogin"
