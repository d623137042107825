"""What attackers put into documents, templates, set-ups and archives stays what it is: data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.database import open_database
from catalogue.database.migrations.running import newest_revision
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from circulation.archiving.exporting import export
from circulation.archiving.forms import UnreadableArchive
from circulation.archiving.importing import import_archive
from circulation.archiving.manifest import MANIFEST
from circulation.languages.installed import default_language
from circulation.notices.rendering import Templates
from circulation.setting_up.reading import read
from protocols.records.foreign_xml import XmlUnreadable, parsed
from protocols.wire.xml_documents import MalformedDocument, parse_document

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET = "what only the host knows"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


def attacks(target: Path) -> list[bytes]:
    """Documents that want a file read, an address asked, or memory filled."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return [
        f'<!DOCTYPE x [<!ENTITY f SYSTEM "{target.as_uri()}">]><x>&f;</x>'.encode(),
        f'<!DOCTYPE x [<!ENTITY % f SYSTEM "{target.as_uri()}"> %f;]><x/>'.encode(),
        f'<!DOCTYPE x SYSTEM "{target.as_uri()}"><x/>'.encode(),
        f'<!DOCTYPE x [<!ENTITY l0 "aaaaaaaaaa">{levels}]><x>&l9;</x>'.encode(),
        (
            '<x xmlns:xi="http://www.w3.org/2001/XInclude">'
            f'<xi:include href="{target.as_uri()}" parse="text"/></x>'
        ).encode(),
    ]


@pytest.mark.parametrize("number", range(5))
def test_xml_reads_no_file_and_grows_no_bomb(secret_file: Path, number: int) -> None:
    document = attacks(secret_file)[number]
    for parse, refusal in ((parse_document, MalformedDocument), (parsed, XmlUnreadable)):
        try:
            root = parse(document)
        except refusal as refused:
            assert SECRET not in str(refused)  # noqa: PT017
            continue
        text = "".join(root.itertext())
        assert SECRET not in text
        assert len(text) < 1000


@pytest.mark.parametrize("number", range(5))
def test_a_marcxml_file_reads_no_other(secret_file: Path, sqlite_url: str, number: int) -> None:
    path = secret_file.with_name("records.xml")
    record = (
        '<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 i 4500</leader>'
        '<datafield tag="245" ind1="0" ind2="0"><subfield code="a">T &f;&l9;</subfield>'
        "</datafield></record>"
    )
    head = attacks(secret_file)[number].decode().partition("<x")[0]
    path.write_text(head.replace("DOCTYPE x", "DOCTYPE record") + record)
    database = open_database(sqlite_url)
    try:
        load_files(database, (path,), LoadOptions(now=NOW, processes=1))
    finally:
        database.close()
    everything = b"".join(
        each.read_bytes() for each in secret_file.parent.iterdir() if each != secret_file
    )
    assert SECRET.encode() not in everything


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ self.__init__.__globals__ }}",
        "{{ name.__class__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% include '../../../secret.txt' %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ ''.format.__self__ }}{{ '{0.__class__}'.format(name) }}",
    ],
)
def test_a_template_of_the_library_gets_no_further_than_its_values(
    tmp_path: Path, secret_file: Path, attack: str
) -> None:
    folder = tmp_path / "templates" / "en"
    folder.mkdir(parents=True)
    (folder / "staff.txt").write_text(
        "{% block subject %}S{% endblock %}{% block text %}" + attack + "{% endblock %}"
    )
    templates = Templates(tmp_path / "templates")
    with pytest.raises(Exception) as refused:  # noqa: PT011
        print(templates.render("staff", "en", part="text", context={"name": "Ida"}))
    assert (
        "TemplateError"
        in {each.__name__ for each in type(refused.value).__mro__}
        | {each.__name__ for each in type(refused.value.__cause__ or refused.value).__mro__}
        or "template" in str(refused.value).lower()
    )
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("language", ["../..", "..", "/etc", ".git", "en/../..", ""])
def test_a_language_is_no_path(tmp_path: Path, language: str) -> None:
    assert Templates(tmp_path).language(language, "overdue") == default_language()


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/passwd", "a/../../secret.txt", "..", "sub/records.mrc"]
)
def test_an_archive_names_no_file_outside_it(
    sqlite_url: str, tmp_path: Path, secret_file: Path, name: str
) -> None:
    database = open_database(sqlite_url)
    folder = tmp_path / "archive"
    try:
        export(database, folder, revision=newest_revision(), now=NOW)
        manifest = json.loads((folder / MANIFEST).read_text())
        manifest["files"][name] = {"rows": 1, "sha256": "0" * 64}
        (folder / MANIFEST).write_text(json.dumps(manifest))
        with pytest.raises(UnreadableArchive, match=r"not a name of a file|is missing"):
            import_archive(database, folder, revision=newest_revision())
    finally:
        database.close()


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5_000 + "]" * 5_000,
        "a" + ".a" * 4_000 + " = 1",
        'consortium = "\\u0000"',
        "consortium = '''" + "x" * 100_000,
        "consortium = 1e999999999",
        "consortium = " + "9" * 10_000,
    ],
)
def test_a_set_up_that_lies_about_its_depth_is_a_set_up_or_refused_in_a_sentence(text: str) -> None:
    try:
        read(text)
    except ValueError as refused:
        assert 0 < len(str(refused)) < 2000  # noqa: PT017
