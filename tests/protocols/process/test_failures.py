"""Every failure of a command is a sentence and what to do: no traceback, for any command."""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import json
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from catalogue.database import migrate, newest_named
from catalogue.database.migrations.running import newest_revision
from protocols.commands.command_line import tiro
from protocols.commands.shared import databases
from protocols.process.failures import (
    JSON,
    KNOWN,
    Failure,
    Known,
    report_failures,
    without_password,
)
from tests.builders.circulation import a_patron, an_item
from tests.builders.staff import Staff
from tests.protocols.commands.calls import ALL, call
from tests.walking import each

#: Commands that run until they are ended; how they fail is told in tests/test_serve.py,
#: tests/test_demo.py and tests/test_container.py, in processes of their own.
_RUNNING = {"demo", "jobs daily", "proxy serve", "serve"}
#: Commands that ask no database, or say what is wrong with one in another form.
_WITHOUT_DATABASE = {
    *(name for name in ALL if name.startswith("proxy ")),
    "check",
    "completion",
    "digital-post check",
    "digital-post memo",
    "digital-post take",
    "hash",
    "health",
    "ill mock",
    "move balance",
    "move checklist",
    "move fields",
    "move from-fbs",
    "move load",
    "move plan",
    "move samples",
    "move survey",
    "ncip check",
    "new",
    "probe",
    "receiving announce",
    "record replace",
    "restore",
    "sip2 ask",
    "sip2 check",
    "sip2 replay",
    "z3950 ask",
}
#: Commands that are tried in all surroundings; they share with the others how they get at it.
_IN_ALL = {"apply", "backup", "check", "explain", "import", "load", "patron show", "reindex"}
#: Commands that write a database where there is none: a backup is put back.
_RESTORING = {"restore"}


def revision(text: str) -> Callable[[Path], str]:
    """A database that says it is of that revision."""

    def make(folder: Path) -> str:
        with sqlite3.connect(folder / "tiro.sqlite") as connection:
            connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
            connection.execute("INSERT INTO alembic_version VALUES (?)", (text,))
        connection.close()
        return "sqlite:///tiro.sqlite"

    return make


def garbage(folder: Path) -> str:
    (folder / "tiro.sqlite").write_bytes(b"no database at all " * 1000)
    return "sqlite:///tiro.sqlite"


def empty(folder: Path) -> str:
    (folder / "tiro.sqlite").touch()
    return "sqlite:///tiro.sqlite"


def no_tables(folder: Path) -> str:
    with sqlite3.connect(folder / "tiro.sqlite") as connection:
        connection.execute("VACUUM")  # writes the first page
    connection.close()
    return "sqlite:///tiro.sqlite"


def of_another_program(folder: Path) -> str:
    with sqlite3.connect(folder / "tiro.sqlite") as connection:
        connection.execute("CREATE TABLE dogs (name TEXT)")
    connection.close()
    return "sqlite:///tiro.sqlite"


def a_folder(folder: Path) -> str:
    (folder / "tiro.sqlite").mkdir()
    return "sqlite:///tiro.sqlite"


#: Surroundings: how a database is made, and what is said of it.
SURROUNDINGS: dict[str, tuple[Callable[[Path], str], str]] = {
    "none": (lambda folder: "sqlite:///tiro.sqlite", r"there is no library in .*tiro\.sqlite"),
    "no tables": (no_tables, r"there is no library in"),
    "empty": (empty, r"is no library: it is an empty file"),
    "foreign": (of_another_program, r"is no library: it holds tables of another program \(dogs\)"),
    "too new": (revision("9999"), r"newer than this Tiro, which must not work with it"),
    "no database": (garbage, r"not a database"),
    "no file": (a_folder, r"unable to open"),
    "no server": (
        lambda folder: "postgresql://tiro:sesame@127.0.0.1:1/tiro",
        r"Connection refused",
    ),
}


def content_of(path: Path) -> list[str] | bytes | None:
    """The statements that make the database; the bytes of what is none; None without a file."""
    if not path.is_file():
        return None
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            return list(connection.iterdump())
        except sqlite3.DatabaseError:
            return path.read_bytes()


def run(configuration: Path, *arguments: str) -> Result:
    return CliRunner().invoke(tiro, ["--config", str(configuration), *arguments], prog_name="tiro")


def told(result: Result) -> str:
    """What was said, after looking that it is fit to be."""
    ended = result.exception is None or isinstance(result.exception, SystemExit)
    assert ended, repr(result.exception)
    for never in ("Traceback", "failed unexpectedly", "sesame"):
        assert never not in result.output
    return result.output


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "PATIENCE", 0.2)
    monkeypatch.setattr(databases, "LONG_PATIENCE", 0.2)


@pytest.mark.parametrize(
    ("name", "around"),
    [
        (name, around)
        for name in ALL
        for around in SURROUNDINGS
        if name in _IN_ALL or around in ("none", "too new")
        if name not in _RUNNING
    ],
)
def test_a_command_says_what_is_wrong_with_the_database(
    name: str, around: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    if (name, around) == ("backup", "no server"):
        program("pg_dump")  # which is missed before the server is
    make, words = SURROUNDINGS[around]
    url = make(tmp_path)
    configuration = tmp_path / "tiro.toml"
    configuration.write_text(f'[database]\nurl = "{url}"\n')
    before = content_of(tmp_path / "tiro.sqlite")
    result = run(configuration, *call(name, tmp_path))
    said = told(result)
    if name not in _RESTORING:
        assert content_of(tmp_path / "tiro.sqlite") == before
    if name in _WITHOUT_DATABASE:
        return
    if name == "backup" and around in ("none", "no tables", "empty", "too new"):
        assert result.exit_code == (around != "too new"), said  # a backup needs only to be whole
        return
    assert result.exit_code == 1, said
    error, advice = said.strip().splitlines()[-2:]
    assert error.startswith("Error: "), said
    assert re.search(words, said), said
    assert advice.endswith("."), said


@each("name", [name for name in ALL if name not in _RUNNING | _WITHOUT_DATABASE], str)
def test_a_command_warns_of_a_newer_database(name: str, staff: Staff, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "newer.sqlite")) as newer:
        with contextlib.closing(
            sqlite3.connect(staff.database.url.removeprefix("sqlite:///"))
        ) as now:
            now.backup(newer)
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    configuration = tmp_path / "tiro.toml"
    configuration.write_text('[database]\nurl = "sqlite:///newer.sqlite"\n')
    result = run(configuration, *call(name, tmp_path))
    told(result)
    if name not in {"backup"}:
        assert "newer than this Tiro, which may work with it" in result.stderr, result.output


def in_json(result: Result) -> dict[str, str | None]:
    """The one object that a failure is to a program; nothing else is said anywhere."""
    assert result.stdout == ""
    facts: dict[str, str | None] = json.loads(result.stderr)
    assert set(facts) == {"error", "advice"}
    assert facts["error"]
    return facts


@pytest.mark.parametrize("name", [name for name in ALL if name not in _RUNNING])
def test_a_program_is_told_in_json(name: str, tmp_path: Path) -> None:
    configuration = tmp_path / "tiro.toml"
    configuration.write_text('[database]\nurl = "sqlite:///tiro.sqlite"\n')
    words = call(name, tmp_path)
    mistaken = run(configuration, *words, "--json", "--no-such-option")
    assert mistaken.exit_code == 2
    assert "--help" in (in_json(mistaken)["advice"] or "")
    if name in _WITHOUT_DATABASE:
        return
    asks = any("--yes" in each.opts for each in ALL[name].params)
    failed = run(configuration, *words, "--json", *(("--yes",) if asks else ()))
    assert failed.exit_code == 1
    facts = in_json(failed)
    if name != "backup":
        assert re.search(SURROUNDINGS["none"][1], facts["error"] or "")
    assert (facts["advice"] or "").endswith(".")


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("patron", "show", "nobody"), 1, "no patron has this identifier"),
        (("patron", "shwo", "P1"), 2, "show"),
        (("patrno", "show"), 2, "Did you mean patron?"),
        (("loan", "list"), 2, "PATRON"),
        (("load", "/nonexistent/books.mrc"), 1, "/nonexistent/books.mrc"),
        (("sip2", "check", "127.0.0.1:1"), 3, "127.0.0.1:1: "),
        (("ncip", "check", "http://127.0.0.1:1/ncip", "--agency", "X"), 3, "127.0.0.1:1"),
    ],
)
def test_each_kind_of_failure_has_its_status_in_json(
    staff: Staff, words: tuple[str, ...], code: int, error: str
) -> None:
    result = staff.run(*words, "--json")
    assert result.exit_code == code, result.output
    said = json.loads(result.stderr.splitlines()[-1])
    assert error in said["error"] + (said["advice"] or "")
    if words[0] != "load":  # which says what it has loaded, too
        in_json(result)


def test_the_answer_no_and_ctrl_c_are_told_in_json(staff: Staff) -> None:
    card = a_patron(staff.library)
    result = staff.run("patron", "erase", card, "--json", typed="n\n")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert json.loads(result.stderr.splitlines()[-1])["error"] == "the answer was no"
    context = click.Context(tiro)
    context.meta[JSON] = True
    told = io.StringIO()
    with (
        contextlib.redirect_stderr(told),
        pytest.raises(click.exceptions.Exit),
        report_failures(context, show_all=False),
    ):
        raise KeyboardInterrupt
    assert json.loads(told.getvalue())["error"] == "Interrupted."


_LUR = ('[server]\n\n[database]\nlur = "sesame"\n', "lur: no such setting (line 4)")


@pytest.mark.drawn(64)
@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        *((name, *_LUR) for name in ALL if name not in {*_RUNNING, "hash"}),
        ("patron show", None, "does not exist"),
        ("jobs daily", None, "does not exist"),
        ("patron show", "[database\nurl = 1\n", "line 1"),
        ("check", '[sip2]\nport = "sesame"\n', "[sip2] port"),
        ("check", "[[sip2.accounts]]\nlogin = 1\n", "(line "),
        ("patron show", "[sip]\n", "[sip]: no such section"),
    ],
)
def test_a_command_says_what_is_wrong_with_the_configuration(
    name: str, text: str | None, words: str, tmp_path: Path
) -> None:
    configuration = tmp_path / "tiro.toml"
    if text is not None:
        configuration.write_text(text)
    result = run(configuration, *call(name, tmp_path))
    said = told(result)
    if result.exit_code == 0 or name in _WITHOUT_DATABASE - {"check", "restore"}:
        return  # reads no configuration
    assert result.exit_code == 1, said
    assert str(configuration) in said
    assert words in said


def test_the_daily_jobs_do_not_start_without_a_library(tmp_path: Path) -> None:
    configuration = tmp_path / "tiro.toml"
    configuration.touch()
    refused = run(configuration, "jobs", "daily")
    assert refused.exit_code == 1
    assert "there is no library in the database" in told(refused)


def test_an_older_database_is_brought_up_to_date_by_the_server_only(tmp_path: Path) -> None:
    configuration = tmp_path / "tiro.toml"
    configuration.write_text(f'[database]\nurl = "{revision("0001")(tmp_path)}"\n')
    result = run(configuration, "patron", "show", "P1")
    assert result.exit_code == 1
    assert "older than this Tiro" in told(result)
    assert "`tiro serve`" in result.output


def test_the_newest_revision_is_known_without_loading_any() -> None:
    assert newest_named() == newest_revision()


@pytest.fixture
def staff(sqlite_url: str, tmp_path: Path) -> Iterator[Staff]:
    staff = Staff(tmp_path, sqlite_url)
    yield staff
    staff.database.close()


def test_another_program_that_is_writing_is_named_as_the_cause(staff: Staff) -> None:
    with sqlite3.connect(staff.database.url.removeprefix("sqlite:///")) as other:
        other.execute("BEGIN IMMEDIATE")
        result = staff.run("reindex")
        other.rollback()
    other.close()
    assert result.exit_code == 1
    assert "write lock" in told(result)
    assert "run this again when that has ended" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("loan", "in", "X", "--at", "DK-90010"), "there is no branch with the ISIL DK-90010."),
        (("patron", "shwo", "P1"), "show"),
        (("patrno",), "Did you mean patron?"),
        (("load", "/nonexistent/books.mrc"), "/nonexistent/books.mrc"),
        (("import", "/nonexistent"), "/nonexistent"),
        (("jobs", "run", "reminder"), "reminders"),
    ],
)
def test_a_wrong_word_is_named(staff: Staff, arguments: tuple[str, ...], words: str) -> None:
    result = staff.run(*arguments)
    assert result.exit_code in (1, 2)
    assert words in told(result)


def test_a_slip_in_a_barcode_or_isil_is_offered_right(staff: Staff) -> None:
    barcode = an_item(staff.library)
    isil = staff.library.main.isil
    wrong = barcode[:-1] + "#" + barcode[-1:]
    assert f"Did you mean {barcode}?" in told(staff.run("item", "show", wrong))
    for mistyped in (isil.lower(), isil[:-1]):
        said = told(staff.run("loan", "in", barcode, "--at", mistyped))
        assert "Did you mean " in said
        assert isil in said
    [result] = staff.json("loan", "in", wrong, "--at", isil, code=1)["results"]
    assert barcode in result["near"]


def test_nothing_is_told_of_a_card_that_is_nearly_there(staff: Staff) -> None:
    said = told(staff.run("patron", "show", "P-00"))
    assert said.splitlines() == ["Error: no patron has this identifier"]


@pytest.mark.parametrize(
    ("error", "words", "advice"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "/x: Permission", "the user"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "/x: No space", "Make room"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), "/x: Read-only", "read-only"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/x"), "/x: No such", "the spelling"),
        (ModuleNotFoundError("no psycopg", name="psycopg"), "psycopg is not", "pip install"),
    ],
)
def test_what_the_system_refuses_is_named_with_the_file(
    error: Exception, words: str, advice: str
) -> None:
    context = click.Context(tiro, obj=object())
    with pytest.raises(Failure) as said, report_failures(context, show_all=False):
        raise error
    assert words in said.value.message
    assert advice in said.value.advice


def test_a_full_disk_at_a_backup_leaves_the_old_one(staff: Staff) -> None:
    """The size of files is limited as a disk would be full."""
    path = staff.configuration.parent / "tiro.backup"
    path.write_text("the one before")
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
        "from protocols.commands.command_line import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--config", str(staff.configuration), "backup", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(path) in done.stderr
    assert "What was there before is untouched" in done.stderr
    assert path.read_text() == "the one before"
    assert [each.name for each in path.parent.glob("*.part")] == []


def test_what_nobody_expected_is_kept_in_a_file_of_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    context = click.Context(tiro, obj=object())
    with pytest.raises(Failure) as said, report_failures(context, show_all=False):
        raise ZeroDivisionError("by nought")
    [kept] = tmp_path.iterdir()
    assert "ZeroDivisionError: by nought" in said.value.message
    assert str(kept) in said.value.advice
    assert "Traceback" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with pytest.raises(ZeroDivisionError), report_failures(context, show_all=True):
        raise ZeroDivisionError("by nought")


@pytest.mark.parametrize("each", KNOWN, ids=lambda each: each.error)
def test_what_is_known_is_there(each: Known) -> None:
    module, _, name = each.error.partition(":")
    assert issubclass(getattr(importlib.import_module(module), name), Exception)


def test_a_password_is_never_shown() -> None:
    assert without_password("postgresql://me:se@same@db/x") == "postgresql://me@db/x"
    assert without_password("sqlite:///tiro.sqlite") == "sqlite:///tiro.sqlite"


def test_a_database_without_rows_can_be_set_up(tmp_path: Path) -> None:
    configuration = tmp_path / "tiro.toml"
    configuration.write_text('[database]\nurl = "sqlite:///tiro.sqlite"\n')
    migrate(f"sqlite:///{tmp_path}/tiro.sqlite")
    assert run(configuration, *call("apply", tmp_path), "--yes").exit_code == 0
    assert run(configuration, "list", "overdue").output == "none\n"
