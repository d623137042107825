"""The commands that the documents tell people to paste do what the documents say.

In README.md and docs/ every block fenced as ``sh`` is run, in the order of the document, in one
shell for each document, beside a running `tiro demo --data my-library`; ports are put in the place
of the usual ones. A block fenced as ``text`` that follows is what is printed: each of its lines
must be found in the output, with ``...`` for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.preloaded import preloaded_tiro
from tests.servers import RunningServer, free_ports, running_demo
from tests.walking import each

ROOT = Path(__file__).parent.parent
#: To be read: nothing in them is to be pasted beside a demo.
READ = {
    ROOT / "docs" / f"{name}.md"
    for name in ("decisions", "glossary", "index", "map", "running", "speed", "versions")
}
#: Done in a browser, by the tests of the desk.
AT_THE_DESK = ROOT / "docs" / "a-morning-at-the-desk.md"
#: Begins with nothing, and makes a library of its own.
EMPTY_DISK = ROOT / "docs" / "from-an-empty-disk.md"
#: Makes two libraries of its own.
TWO_LIBRARIES = ROOT / "docs" / "lending-between-libraries.md"
#: Runs for minutes to hours: its calls are read in tests/cut_over.
REHEARSAL = ROOT / "docs" / "changing-systems.md"
#: Need an old system and its files; what they call exists (`test_code_blocks`).
GUIDES = {ROOT / "docs" / f"from-{name}.md" for name in ("koha", "cicero")}
BY_THEMSELVES = {AT_THE_DESK, EMPTY_DISK, TWO_LIBRARIES, REHEARSAL, *GUIDES}
#: How one thing is done, a page each; the index is added to a copy of the code.
HOW_TO = sorted((ROOT / "docs" / "how-to").glob("*.md"))
AN_INDEX = ROOT / "docs" / "how-to" / "add-a-search-index.md"
DOCUMENTS = (
    ROOT / "README.md",
    *sorted({*(ROOT / "docs").glob("*.md")} - READ - BY_THEMSELVES),
    *(path for path in HOW_TO if path != AN_INDEX),
)
#: What librarians read, in English and in Danish, with the same commands.
FOR_LIBRARIANS = {
    "a-class-gets-its-books": "en-klasse-faar-sine-boeger",
    "a-first-reminder": "den-foerste-paamindelse",
    "a-morning-at-the-desk": "en-morgen-ved-skranken",
    "everyday-commands": "kommandoer-til-hverdagen",
    "from-cicero": "fra-cicero",
    "from-koha": "fra-koha",
    "what-it-prints": "hvad-der-trykkes",
    "how-to/add-a-branch": "tilfoej-en-filial",
    "how-to/change-a-loan-period": "skift-en-laaneperiode",
    "how-to/why-was-it-refused": "hvorfor-blev-det-afvist",
}
#: What only administrators, suppliers and developers read.
FOR_OTHERS = {
    *("a-discovery-system", "a-partner-over-ncip", "a-web-site", "adding-a-language"),
    *("changing-systems", "connecting-a-kiosk", "copies-of-the-catalogue", "finding-over-z3950"),
    *("from-an-empty-disk", "lending-between-libraries", "lending-over-sip2", "lending-with-curl"),
    *("moving-in", "one-address-for-two-systems", "single-sign-on", "staff-and-rights"),
    *("your-own-marc", "how-to/add-a-kiosk", "how-to/add-a-search-index"),
    "how-to/speak-another-language",
}
#: How a document says that the library is to run beside it.
STARTED = "tiro demo --data my-library"
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What is done at the desk.
_ACTS = re.compile(r"^```desk\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


class Beside(NamedTuple):
    """What runs beside the shell, and the program that the shell calls."""

    server: RunningServer
    tiro: Path


class Block(NamedTuple):
    """Commands, and the lines that they are said to print."""

    commands: str
    printed: tuple[str, ...]


def blocks_of(text: str) -> list[Block]:
    found: list[Block] = []
    for kind, content in _FENCED.findall(text):
        if kind == "sh":
            found.append(Block(content, ()))
        elif kind == "text" and found:
            found[-1] = found[-1]._replace(printed=tuple(content.splitlines()))
    return found


def is_printed(line: str, output: str) -> bool:
    return re.search(re.escape(line.strip()).replace(r"\.\.\.", ".*"), output) is not None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    folder = tmp_path_factory.mktemp("documents")
    with (
        preloaded_tiro(tmp_path_factory.mktemp("programs")) as tiro,
        running_demo(folder / "my-library", "--patrons", "20") as server,
    ):
        yield Beside(server, tiro)


def paste(commands: list[str], beside: Beside, patience: float = 60) -> list[str]:
    """What each block of commands prints; the first that fails ends it, and the test."""
    server = beside.server
    ports = {"6001": server.sip2, "2100": server.z3950, "8080": server.http, "3121": server.ncip}
    return pasted(commands, ports, beside.tiro, server.data.parent, patience)


def pasted(
    commands: list[str], ports: dict[str, int], tiro: Path, folder: Path, patience: float
) -> list[str]:
    """The same in a folder, with ports in the place of the usual ones."""
    mark = "== block of the document =="
    script = "\n".join(f"echo '{mark}'\n{each}" for each in commands)
    for usual, port in ports.items():
        script = re.sub(rf"(?<=127\.0\.0\.1[:/]){usual}\b", str(port), script)
    environment = {name: value for name, value in os.environ.items() if name != "TIRO_CONFIG"}
    environment["PATH"] = f"{tiro.parent}:{environment['PATH']}"
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said, errors = shell.communicate(timeout=patience)
    finally:  # what it has started ends with it, whatever has happened
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
    outputs = said.split(mark)[1:]
    assert shell.returncode == 0, f"{commands[len(outputs) - 1]}\n{outputs[-1]}\n{errors[-2000:]}"
    return outputs


def test_what_librarians_read_is_there_in_danish_with_the_same_commands() -> None:
    folder = ROOT / "docs"
    told = {path.relative_to(folder).with_suffix("").as_posix() for path in (folder).glob("*.md")}
    told |= {f"how-to/{path.stem}" for path in HOW_TO}
    assert told - {path.stem for path in READ} == FOR_LIBRARIANS.keys() | FOR_OTHERS
    danish = {path.stem for path in (folder / "da").glob("*.md")}
    assert danish == set(FOR_LIBRARIANS.values())
    for english, name in FOR_LIBRARIANS.items():
        one = (folder / f"{english}.md").read_text(encoding="utf-8")
        other = (folder / "da" / f"{name}.md").read_text(encoding="utf-8")
        assert blocks_of(one) == blocks_of(other), name
        assert _ACTS.findall(one) == _ACTS.findall(other), name
        # As long, more or less: nothing is left out.
        assert 0.6 < len(other) / len(one) < 1.7, name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_what_is_pasted_prints_what_is_said(
    path: Path, running: Beside, program: Callable[[str], str]
) -> None:
    blocks = blocks_of(path.read_text(encoding="utf-8"))
    assert blocks, "a document without commands"
    for name in ("yaz-client", "curl"):
        if any(name in block.commands for block in blocks):
            program(name)
    outputs = paste([block.commands for block in blocks], running)
    for block, output in zip(blocks, outputs, strict=True):
        for line in block.printed:
            assert is_printed(line, output), f"{block.commands}\n{line}\n is not in\n{output}"


def test_a_library_from_an_empty_disk(tmp_path: Path, program: Callable[[str], str]) -> None:
    """By the program itself, as the document ends the server that it starts."""
    program("curl")
    http, sip2, z3950 = free_ports(3)
    options = f"--http-port {http} --sip2-port {sip2} --z3950-port {z3950}"
    blocks = blocks_of(EMPTY_DISK.read_text(encoding="utf-8"))
    commands = [each.commands.replace("tiro new ", f"tiro new {options} ") for each in blocks]
    tiro = Path(sys.executable).parent / "tiro"
    outputs = pasted(commands, {"8080": http}, tiro, tmp_path, 240)
    for block, output in zip(blocks, outputs, strict=True):
        for line in block.printed:
            assert is_printed(line, output), f"{block.commands}\n{line}\n is not in\n{output}"


def test_a_loan_between_two_libraries(tmp_path: Path, program: Callable[[str], str]) -> None:
    """Both are served, and machines do the rest."""
    program("curl")
    blocks = blocks_of(TWO_LIBRARIES.read_text(encoding="utf-8"))
    usual = ("8081", "8082", "6002", "6003", "2102", "2103")
    ports = dict(zip(usual, map(str, free_ports(len(usual))), strict=True))
    named = re.compile("|".join(ports))
    commands = [named.sub(lambda found: ports[found[0]], block.commands) for block in blocks]
    programs = tmp_path / "programs"
    programs.mkdir()
    with preloaded_tiro(programs) as tiro:
        outputs = pasted(commands, {}, tiro, tmp_path, 600)
    for block, output in zip(blocks, outputs, strict=True):
        for line in block.printed:
            assert is_printed(line, output), f"{block.commands}\n{line}\n is not in\n{output}"


def test_an_index_is_added(tmp_path: Path) -> None:
    for name in ("catalogue", "circulation", "protocols"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    for block in blocks_of(AN_INDEX.read_text(encoding="utf-8")):
        commands = block.commands.replace("python -", f"{sys.executable} -")
        output = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert all(is_printed(line, output) for line in block.printed), output


def test_what_a_stranger_does_has_a_short_page() -> None:
    """The tasks that everybody meets; no page is longer than a screen."""
    assert {path.stem for path in HOW_TO} >= {
        "add-a-branch",
        "add-a-kiosk",
        "add-a-search-index",
        "change-a-loan-period",
        "speak-another-language",
        "why-was-it-refused",
    }
    lengths = {path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in HOW_TO}
    assert {name: length for name, length in lengths.items() if length > 40} == {}


def test_the_readme_is_short() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    tables = [
        list(rows) for is_row, rows in groupby(lines, lambda line: line.startswith("|")) if is_row
    ]
    assert all(len(rows) - 2 <= 10 for rows in tables)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_says_how_the_library_is_started(path: Path) -> None:
    assert STARTED in path.read_text(encoding="utf-8")


@each(
    "path",
    sorted(
        path
        for part in ("", "docs", "catalogue", "circulation", "protocols")
        for path in (ROOT / part).glob("**/*.md" if part else "*.md")
    ),
    lambda path: str(path.relative_to(ROOT)),
)
def test_no_link_leads_nowhere(path: Path) -> None:
    links = _LINK.findall(path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_reader_of_blocks() -> None:
    text = (
        "x\n\n    indented\n\n```sh\none\ntwo\n```\nwords\n```text\n1\n2\n```\n```sh\nthree\n```\n"
    )
    assert blocks_of(text) == [Block("one\ntwo\n", ("1", "2")), Block("three\n", ())]
    assert is_printed("due: ... 2026", "item: 1\ndue: 27 Dec 2026")
    assert not is_printed("due: ... 2026", "due: \n2026")
    assert not is_printed("a.c", "abc")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")
def test_git_ignores_the_folders_that_the_documents_make() -> None:
    texts = [path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs").glob("**/*.md"))]
    makes = r"(?:--data|\btiro new|-m venv) ([a-z][\w-]*)\b(?!/)"
    folders = {folder for text in texts for folder in re.findall(makes, text)}
    assert {"my-library", "my-town"} <= folders
    names = [f"{folder}/tiro.toml" for folder in sorted(folders)]
    asked = ["git", "check-ignore", *names]
    shown = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert shown.stdout.split() == names
