"""`tiro record` and `tiro reindex` as staff and scripts run them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from catalogue.changes.accession import add_record
from catalogue.database import open_database
from catalogue.items import add_item
from protocols.commands.command_line import tiro
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.holds import a_hold


class Cataloguer:
    """Somebody at the command line of a library with two records, the first with an item."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.configuration = folder / "tiro.toml"
        self.configuration.write_text(f'[database]\nurl = "{url}"\n')
        self.database = open_database(url)
        self.library: Library = a_library(self.database)
        for title in ("Peters jul", "Jul hos Peter"):
            text = a_record(title, author="Krohn, Johan", control_number=title[:3])
            self.library.write(
                lambda transaction, text=text: add_record(transaction, text, now=self.library.now)  # type: ignore[misc]
            )
        self.library.write(
            lambda transaction: add_item(
                transaction,
                barcode="I1",
                record_id=1,
                branch_id=self.library.main.id,
                now=self.library.now,
            )
        )

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(tiro, ["--config", str(self.configuration), *arguments])

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def file(self, *texts: bytes) -> str:
        path = self.folder / "file.mrc"
        path.write_bytes(b"".join(texts))
        return str(path)


@pytest.fixture
def cataloguer(sqlite_url: str, tmp_path: Path) -> Iterator[Cataloguer]:
    found = Cataloguer(tmp_path, sqlite_url)
    yield found
    found.database.close()


def test_a_record_is_shown_and_replaced(cataloguer: Cataloguer) -> None:
    shown = cataloguer.json("record", "show", "1")
    assert (shown["title"], shown["author"], shown["items"]) == (
        "Peters jul", "Krohn, Johan", ["I1"],
    )  # fmt: skip
    text = a_record("Peters jul, ny udgave", control_number="Pet")
    changed = cataloguer.json("record", "replace", "1", cataloguer.file(text), "--at", "DK-900101")
    assert changed == {"record": "1", "title": "Peters jul, ny udgave", "changed": True}
    assert not cataloguer.json("record", "replace", "1", cataloguer.file(text))["changed"]
    assert cataloguer.run("record", "show", "1", "--marc").stdout_bytes == text
    assert "title:         Peters jul, ny udgave" in cataloguer.run("record", "show", "1").output


def test_marcxml_replaces_too(cataloguer: Cataloguer) -> None:
    xml = (
        b"<record><leader>00000nam a2200000 i 4500</leader><datafield tag='245' ind1='1' ind2='0'>"
        b"<subfield code='a'>Nissen</subfield></datafield></record>"
    )
    assert cataloguer.json("record", "replace", "2", cataloguer.file(xml))["title"] == "Nissen"


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ((), "file.mrc is empty"),
        ((a_record("a"), a_record("b")), "there are 2 records"),
        ((b"<r><record><leader/></r>",), "marcxml"),
    ],
)
def test_a_file_must_hold_one_record(
    cataloguer: Cataloguer, texts: tuple[bytes, ...], why: str
) -> None:
    result = cataloguer.run("record", "replace", "1", cataloguer.file(*texts))
    assert result.exit_code == 2
    assert why in result.output


def test_deleting_tells_all_reasons_and_then_is_done(cataloguer: Cataloguer) -> None:
    a_hold(cataloguer.library, a_patron(cataloguer.library), "I1")
    refused = cataloguer.run("record", "delete", "1")
    assert refused.exit_code == 1
    assert "it has items (1); somebody waits for it (1)" in refused.output
    assert cataloguer.json("record", "delete", "2") == {"done": True}
    gone = cataloguer.run("record", "show", "2")
    assert gone.exit_code == 1
    assert "record 2 was deleted on" in gone.output
    assert "there is no record 2" in cataloguer.run("record", "delete", "2").output
    assert "there is no record 99" in cataloguer.run("record", "show", "99").output


def test_two_are_merged(cataloguer: Cataloguer) -> None:
    merged = cataloguer.json("record", "merge", "1", "2", "--at", "DK-900101")
    assert merged == {
        "record": "2", "title": "Jul hos Peter", "merged_from": "1",
        "items": 1, "holds": 0, "closed_holds": 0,
    }  # fmt: skip
    shown = cataloguer.json("record", "show", "1")
    assert (shown["record"], shown["merged_from"], shown["items"]) == ("2", "1", ["I1"])
    assert cataloguer.run("record", "merge", "2", "2").exit_code == 2
    assert "there is no record 1" in cataloguer.run("record", "merge", "1", "2").output


def test_the_index_is_rebuilt(cataloguer: Cataloguer) -> None:
    done = cataloguer.json("reindex")
    assert (done["records"], done["rows_changed"], done["resumed"]) == (2, 0, False)
    assert cataloguer.json("reindex", "--access-point", "title", "--from", "2")["records"] == 1
    wrong = cataloguer.run("reindex", "--access-point", "titel")
    assert wrong.exit_code == 2
    assert "no access point titel" in wrong.output


def test_a_load_matches(cataloguer: Cataloguer) -> None:
    file = cataloguer.file(
        a_record("Peters jul", author="Krohn, Johan", control_number="Pet"),
        a_record("Jul hos Peter, igen", control_number="Jul"),
        a_record("Nyt", control_number="Nyt"),
    )
    aside = str(cataloguer.folder / "aside")
    result = cataloguer.run("load", file, "--rejected", aside, "--match", "control-number")
    assert result.exit_code == 0, result.output
    assert "1 of 3 records loaded" in result.output
    assert "1 replaced and 1 unchanged" in result.output
    assert cataloguer.json("record", "show", "2")["title"] == "Jul hos Peter, igen"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--match", "title"), "knows control-number, isbn-title"),
        (("--overlay", "keep"), "need --match"),
        (("--match", "isbn-title", "--protect", "5"), "no tag"),
    ],
)
def test_rules_that_make_no_sense(
    cataloguer: Cataloguer, options: tuple[str, ...], why: str
) -> None:
    file = cataloguer.file(a_record("a"))
    result = cataloguer.run("load", file, "--rejected", str(cataloguer.folder), *options)
    assert result.exit_code == 2
    assert why in result.output
