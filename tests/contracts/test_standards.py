"""What every protocol folder must keep: run over each that is installed, by entry point."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.interfaces import IProtocolFactory
from twisted.web.resource import IResource

from catalogue.database import open_database
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Services
from protocols.hosting.listening import ConversationFactory
from protocols.hosting.passing import OnlyLooking
from protocols.hosting.standard import ReadingOverHttp, Standard, installed_standards

STANDARDS = installed_standards()
#: Pages and scripts over the API, which has the messages.
PAGES = {"desk"}
FILES = {
    "README.md",
    "__init__.py",
    "codec.py",
    "handlers.py",
    "listener.py",
    "messages.py",
    "settings.py",
}
#: What keeps the state of a conversation; a standard that speaks HTTP alone has none.
SESSION = "session.py"


def folder_of(name: str) -> Path:
    module = importlib.import_module(type(STANDARDS[name]).__module__)
    assert module.__file__ is not None
    return Path(module.__file__).parent


def switched_on(standard: Standard) -> Any:
    """The settings that it has where nothing is set, but for those that leave it off."""
    settings = standard.settings()
    return dataclasses.replace(settings, enabled=True) if hasattr(settings, "enabled") else settings


@pytest.fixture
def services(sqlite_url: str) -> Iterator[Services]:
    database = open_database(sqlite_url)
    services = Services(
        database, Circulation(), lambda: datetime.now(UTC), lambda *_: None, lambda *_: None
    )
    yield services
    services.close()
    database.close()


def test_the_standards_are_installed() -> None:
    assert {"sip2", "z3950", "ncip", "sru", "operations"} <= set(STANDARDS)


@pytest.mark.parametrize("name", sorted(STANDARDS))
def test_a_folder_has_the_parts_that_a_reader_looks_for(name: str, services: Services) -> None:
    standard = STANDARDS[name]
    ports = standard.ports(switched_on(standard), services)
    converses = any(isinstance(port.factory, ConversationFactory) for port in ports)
    expected = FILES | {SESSION} if converses else FILES
    if name in PAGES:
        expected = {"README.md", "__init__.py", "listener.py", "pages.py", "settings.py"}
    # What has grown too long for a module is a folder of that name.
    found = {path.name if path.suffix else f"{path.name}.py" for path in folder_of(name).iterdir()}
    assert found >= expected


@pytest.mark.parametrize("name", sorted(STANDARDS))
def test_settings_are_frozen_documented_and_have_defaults(name: str) -> None:
    kind = STANDARDS[name].settings
    assert dataclasses.is_dataclass(kind)
    kind()
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind().port = 1
    assert inspect.getdoc(kind)


@pytest.mark.parametrize("name", sorted(STANDARDS))
def test_it_offers_something_to_reach_it_by_and_a_line_to_try_each(
    name: str, services: Services
) -> None:
    standard = STANDARDS[name]
    settings = switched_on(standard)
    ports = standard.ports(settings, services)
    resources = standard.resources(settings, services)
    assert len(ports) + len(resources) > 0
    assert all(IProtocolFactory.providedBy(port.factory) for port in ports)
    assert all(IResource.providedBy(resource) for resource in resources.values())
    lines = standard.examples(settings, [50_001 + number for number in range(len(ports))], 50_000)
    # Not every resource is one for people: some answer printers, or clients that look for it.
    assert len(lines) >= len(ports) + bool(resources)
    for number in range(len(ports)):
        assert any(str(50_001 + number) in line for line in lines)
    assert all("\n" not in line for line in lines)
    assert all(line.partition("  # ")[2] for line in lines), "what does it show?"


def test_what_readers_answer_over_http_is_told_by_request(services: Services) -> None:
    """Of several processes with one SQLite file each answers this, and only one all the rest."""
    found = {}
    for name, standard in STANDARDS.items():
        if isinstance(standard, ReadingOverHttp):
            settings = switched_on(standard)
            readable = standard.resources_for_readers(settings, services)
            assert set(readable) <= set(standard.resources(settings, services)), name
            assert all(isinstance(each, OnlyLooking) for each in readable.values()), name
            found[name] = {path.decode() for path in readable}
            if hasattr(settings, "enabled"):
                off = dataclasses.replace(settings, enabled=False)
                assert standard.resources_for_readers(off, services) == {}, name
    assert found == {"api": {"api"}, "discovery": {"daia"}, "oai": {"oai"}, "sru": {"sru"}}


@pytest.mark.parametrize("name", sorted(STANDARDS))
def test_twisted_stays_in_the_listeners(name: str) -> None:
    """A listener moves bytes; sessions, codecs and handlers must run without a reactor."""
    folder = folder_of(name)
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        } | {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        if "twisted" in imported:
            assert path.stem in {"listener", "serving", "http", "cloudprnt"}, path.name
        assert "sqlalchemy" not in imported, path.name


@pytest.mark.parametrize(
    "name", [name for name in sorted(STANDARDS) if (folder_of(name) / SESSION).exists()]
)
def test_a_session_knows_neither_engine(name: str) -> None:
    tree = ast.parse((folder_of(name) / SESSION).read_text(encoding="utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} | {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not [m for m in modules if m.split(".")[0] in {"catalogue", "circulation", "twisted"}]


@pytest.mark.parametrize("name", sorted(STANDARDS))
def test_a_listener_is_short(name: str) -> None:
    lines = (folder_of(name) / "listener.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 100
