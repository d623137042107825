"""`tiro move survey`: what files hold, what a plan makes of them, and the plan completed."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from circulation.moving.example_plans import SYSTEMS, read_example
from protocols.commands.command_line import tiro
from tests.builders.moving import PLAN
from tests.builders.staff import Staff

HEADER = "id;card;branch;category;first;last;born;sex;opacnote;cpr;expires;fine"
#: Of each ten: branch, category and sex in turn.
TURNS = (("MAIN", "A", "M"), ("NORTH", "C", "F"), ("710100", "X", "F"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(tiro, ["move", "survey", *map(str, arguments)])


def told(*arguments: object) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def columns(facts: Any, file: int = 0) -> dict[str, Any]:
    return {each["column"]: each for each in facts["files"][file]["columns"]}


@pytest.fixture
def patrons(tmp_path: Path) -> Path:
    """Sixty patrons as a Danish system writes them."""
    rows = []
    for number in range(60):
        branch, category, sex = TURNS[number % 3]
        born = "30/12/1899" if number == 7 else "01/01/2045" if number == 8 else "24/05/1980"
        who = f"{number};P{number:04};{branch};{category};Kim {number};Ørsted-{number};{born};{sex}"
        rows.append(f"{who};{'æ' if number % 2 else ''};010280-{1000 + number};31/12/2027;1,50")
    path = tmp_path / "patrons.csv"
    path.write_bytes(("\r\n".join([HEADER, *rows]) + "\r\n").encode("cp1252"))
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """One that has nothing of how the files are written."""
    its = PLAN[: PLAN.index("[items]")].replace('key = "id"', 'key = "id"\ndelimiter = ";"')
    for name in ("email", "phone", "street", "postal_code", "city", "blocks", "block_message"):
        its = "\n".join(line for line in its.splitlines() if not line.startswith(f"{name} ="))
    its = "\n".join(line for line in its.splitlines() if not line.startswith("pin"))
    path = tmp_path / "plan.toml"
    path.write_text(f'{its}\nexpires = "expires"\n', encoding="utf-8")
    return path


def test_files_are_surveyed_without_a_plan_or_a_library(patrons: Path) -> None:
    facts = told(patrons)
    (file,) = facts["files"]
    assert (file["encoding"], file["delimiter"], file["header"]) == ("cp1252", "semicolon", True)
    assert (file["line_ends"], file["rows"], file["broken"]) == ("CRLF", 60, {})
    found = columns(facts)
    assert found["sex"]["codes"] == {"F": 40, "M": 20}
    assert found["branch"]["codes"] == {"MAIN": 20, "NORTH": 20, "710100": 20}
    assert (found["born"]["holds"], found["born"]["forms"]) == ("date", {"%d/%m/%Y": 60})
    assert found["born"]["impossible"] == {"1899-12-30": 1, "in the future": 1}
    assert (found["born"]["earliest"], found["born"]["latest"]) == ("1980", "1980")
    assert (found["expires"]["earliest"], found["expires"]["latest"]) == ("2027-12-31",) * 2
    assert (found["fine"]["holds"], found["fine"]["decimal"]) == ("money", ",")
    assert (found["cpr"]["holds"], found["opacnote"]["filled"]) == ("national number", 30)


def test_no_value_of_a_person_is_shown(patrons: Path, plan: Path) -> None:
    for words in ((patrons,), (patrons, "--plan", plan), (patrons, "--plan", plan, "--json")):
        said = run(*words)
        assert said.exit_code == 0, said.output
        for value in ("Ørsted", "Kim", "010280", "P0001", "1980-05-24", "24/05/1980"):
            assert value not in said.output


def test_a_plan_is_compared_with_the_files(patrons: Path, plan: Path) -> None:
    plan.write_text(plan.read_text().replace('card = "card"', 'card = "cards"'))
    facts = told(patrons, "--plan", plan)
    assert {each["column"] for each in facts["unread_columns"]} == {
        "card",
        "sex",
        "opacnote",
        "fine",
    }
    assert [each["column"] for each in facts["missing_columns"]] == ["cards"]
    lacking = {(each["field"], each["code"]): each for each in facts["codes_without_a_value"]}
    assert {*lacking} == {
        *(("home_branch", "NORTH"), ("home_branch", "710100"), ("category", "X")),
    }
    assert lacking["category", "X"]["rows"] == 20
    assert [each.partition(":")[2].strip() for each in facts["advice"][:2]] == [
        '60 rows are not UTF-8; they look like cp1252: write encoding = "cp1252"',
        "it has no column 'cards'; 'card' is near",
    ]
    assert 'write dates = ["%d/%m/%Y"]' in facts["advice"][2]


def test_a_plan_is_completed_and_what_is_filled_in_is_kept(
    staff: Staff, patrons: Path, plan: Path
) -> None:
    target = plan.with_name("mine.toml")
    library = ("--library", "--write", target)
    said = staff.run("move", "survey", str(patrons), "--plan", str(plan), *map(str, library))
    assert said.exit_code == 0, said.output
    text = target.read_text(encoding="utf-8")
    assert '# NORTH = ""  # 20 rows' in text
    assert '# waived = ["sex", "opacnote", "fine"]' in text
    read = tomllib.loads(text)
    assert (read["encoding"], read["dates"]) == ("cp1252", ["%d/%m/%Y"])
    assert "NORTH" not in read["values"]["branches"]  # it is set aside until it is filled in
    target.write_text(text.replace('# NORTH = ""', 'NORTH = "DK-900102"'), encoding="utf-8")
    for _ in range(2):
        staff.json("move", "survey", str(patrons), "--write", str(target))
    again = target.read_text(encoding="utf-8")
    assert tomllib.loads(again)["values"]["branches"]["NORTH"] == "DK-900102"
    assert again.count("# X = ") == 1
    assert again.count("NORTH") == 1
    assert again.count("waived") == 1


def test_codes_of_this_library_are_proposed(staff: Staff, patrons: Path, plan: Path) -> None:
    patrons.write_bytes(
        patrons.read_bytes().replace(b"NORTH", b"900102").replace(b";C;", b";child;")
    )
    plan.write_text(plan.read_text().replace('values = "categories"', 'values = { A = "adult" }'))
    staff.json(
        "move", "survey", str(patrons), "--plan", str(plan), "--library", "--write", str(plan)
    )
    read = tomllib.loads(plan.read_text(encoding="utf-8"))
    assert read["values"]["branches"]["900102"] == "DK-900102"
    assert read["patrons"]["fields"]["category"]["values"] == "patrons_category"
    assert read["values"]["patrons_category"] == {"A": "adult"}  # which no line had of its own
    assert '# child = ""  # 20 rows' in plan.read_text(encoding="utf-8")


def test_items_in_records_and_elements_are_surveyed_too(tmp_path: Path) -> None:
    record = (
        '<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 i 4500</leader>'
        '<controlfield tag="001">t1</controlfield><datafield tag="245" ind1="0" ind2="0">'
        '<subfield code="a">A title</subfield></datafield>{}</record>'
    )
    item = (
        '<datafield tag="952" ind1=" " ind2=" "><subfield code="9">{0}</subfield>'
        '<subfield code="p">B{0}</subfield><subfield code="a">{1}</subfield>'
        '<subfield code="y">BK</subfield><subfield code="x">gift</subfield></datafield>'
    )
    items = "".join(item.format(n, ("CPL", "MPL")[n % 2]) for n in range(20))
    records = (
        f'<collection xmlns="http://www.loc.gov/MARC21/slim">{record.format(items)}</collection>'
    )
    (tmp_path / "records.mrc").write_text(records, encoding="utf-8")
    facts = told(tmp_path / "records.mrc", "--like", "koha")
    assert (facts["files"][0]["format"], facts["files"][0]["rows"]) == ("marc", 20)
    assert columns(facts)["y"]["filled"] == 20
    assert {
        each["code"] for each in facts["codes_without_a_value"] if each["field"] == "branch"
    } == {"MPL"}
    assert "x" in {each["column"] for each in facts["unread_columns"]}
    assert told(tmp_path / "records.mrc")["files"][0]["tag"] == "952"
    person = (
        "<InstitutionPerson><UNILogin><UserId>ida{0}</UserId></UNILogin><Student><Role>Elev</Role>"
        "<Level>{0}</Level><Extra>{0}</Extra></Student></InstitutionPerson>"
    )
    school = "<InstitutionNumber>151001</InstitutionNumber>" + "".join(map(person.format, range(9)))
    (tmp_path / "151001.xml").write_text(
        f'<Institution xmlns="urn:x">{school}</Institution>', encoding="utf-8"
    )
    facts = told(tmp_path / "151001.xml", "--like", "unilogin")
    assert facts["files"][0]["rows"] == 9
    assert [each["column"] for each in facts["unread_columns"]] == ["Student/Extra"]
    assert told(tmp_path / "151001.xml")["files"][0]["tag"] == "InstitutionPerson"


def test_what_is_no_file_of_rows_is_named_and_the_rest_is_surveyed(
    tmp_path: Path, patrons: Path
) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "cut.xml").write_bytes(b"<a><b><c>1</c></b><b>")
    (tmp_path / "wide.csv").write_bytes("a,b\r\n1,Ø\r\n".encode("utf-16"))
    facts = {each["file"]: each for each in told(tmp_path)["files"]}
    assert facts["empty.csv"]["unreadable"]
    assert facts["cut.xml"]["unreadable"]
    assert (facts["wide.csv"]["encoding"], facts["wide.csv"]["rows"]) == ("utf-16", 1)
    assert facts["patrons.csv"]["rows"] == 60


def test_of_a_folder_the_files_of_the_plan_are_surveyed(patrons: Path, plan: Path) -> None:
    (plan.parent / "old.set-aside.tsv").write_text("kind\toutcome\n")
    assert [each["file"] for each in told(plan.parent, "--plan", plan)["files"]] == ["patrons.csv"]
    patrons.unlink()
    said = run(plan.parent, "--plan", plan)
    assert said.exit_code == 1
    assert "no file to survey" in said.output


def test_a_column_of_names_is_no_column_of_codes(tmp_path: Path) -> None:
    words = [f"{first}{last}" for first in ("Jen", "Han", "Lar", "Mik") for last in (
        "sen", "son", "en", "kel", "us", "ius", "je", "ke", "ne", "ta", "la")]  # fmt: skip
    rows = [f"{number},{words[number % 44]},BOOK{number % 44}" for number in range(440)]
    (tmp_path / "x.csv").write_text("\n".join(["a,b,c", *rows, ""]))
    found = columns(told(tmp_path / "x.csv"))
    assert (found["b"]["holds"], found["c"]["holds"]) == ("text", "code")
    assert "codes" not in found["b"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_plan_that_comes_along_can_be_completed(
    tmp_path: Path, patrons: Path, system: str
) -> None:
    target = tmp_path / "mine.toml"
    told(patrons, "--like", system, "--write", target)
    assert (
        tomllib.loads(target.read_text(encoding="utf-8")).items()
        >= tomllib.loads(read_example(system)).items()
    )
