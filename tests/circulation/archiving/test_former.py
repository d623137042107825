"""Archives of earlier releases are read: brought up to date on the way."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.database import known_revisions, newest_named, open_database, upgrade
from circulation.archiving.exporting import export
from circulation.archiving.former import up_to_date
from circulation.archiving.forms import UnreadableArchive
from circulation.archiving.importing import import_archive
from circulation.archiving.manifest import (
    ArchivedFile,
    digest_of,
    read_manifest,
    write_manifest,
)
from circulation.archiving.tables import LEFT_OUT
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED
from circulation.patrons.blocks import block_patron
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.notices import patron_id
from tests.upgrade.rows import columns_of, rows_of

#: That of the release 0.1.
FORMER = "0023"
NEWEST = newest_named()


def made_former(folder: Path, scratch: Path) -> None:
    """Makes of an archive what a release with the tables of FORMER would have written."""
    url = f"sqlite:///{scratch / 'former.sqlite'}"
    upgrade(url, FORMER)
    columns = columns_of(url)
    manifest = read_manifest(folder, (NEWEST,))
    files = {}
    for name, file in manifest.files.items():
        path = folder / name
        if path.suffix == ".jsonl":
            if path.stem not in columns and path.stem != "set_up_version":
                path.unlink()
                continue
            known = {*columns.get(path.stem, ("id", "version")), "length"}
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            former = [{name: row[name] for name in row if name in known} for row in rows]
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in former)
            path.write_text(text, encoding="utf-8")
        files[name] = ArchivedFile(file.rows, digest_of(path))
    for table in columns.keys() - LEFT_OUT.keys():
        path = folder / f"{table}.jsonl"
        if not path.exists():  # a table that is no more
            path.touch()
            files[path.name] = ArchivedFile(0, digest_of(path))
    write_manifest(folder, replace(manifest, revision=FORMER, files=files))


@pytest.fixture
def library(database_url: str) -> Library:
    library = a_library(open_database(database_url))
    card = a_patron(library)
    library.check_out(card, an_item(library))
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), patron_id(library, card), BlockReason.CARD_STOLEN
        )
    )
    return library


@pytest.fixture
def archive(library: Library, tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    export(library.database, folder, revision=NEWEST, now=library.now)
    library.database.close()
    made_former(folder, tmp_path)
    return folder


def test_it_is_read_as_this_release_would_have_written_it(
    archive: Path, database_url: str, second_database_url: str
) -> None:
    with (
        up_to_date(archive, newest=NEWEST, known=known_revisions(), upgrade=upgrade) as folder,
        closing(open_database(second_database_url)) as second,
    ):
        assert folder != archive
        import_archive(second, folder, revision=NEWEST)
    tables = {name: columns_of(database_url)[name] for name in ("patrons", "loans", "items")}
    assert rows_of(second_database_url, tables) == rows_of(database_url, tables)
    blocks = {"patron_blocks": ("patron_id", "reason")}
    assert rows_of(second_database_url, blocks) == rows_of(database_url, blocks)
    assert not folder.exists()


def test_one_of_a_later_release_is_not_read(archive: Path) -> None:
    with (
        pytest.raises(UnreadableArchive, match="read it with the release that wrote it"),
        up_to_date(archive, newest="0001", known={"0001"}, upgrade=upgrade),
    ):
        pass


def test_one_of_this_release_is_taken_as_it_stands(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    export(library.database, folder, revision=NEWEST, now=library.now)
    with up_to_date(folder, newest=NEWEST, known=known_revisions(), upgrade=upgrade) as found:
        assert found == folder
    library.database.close()
