"""Every service in every version: done, and refused, each with an answer that is valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import protocols.ncip
from catalogue.database import Database, open_database
from protocols.ncip.codec import encode
from protocols.ncip.handlers import HANDLERS
from protocols.ncip.messages import Code
from protocols.ncip.models.elements import LAYOUTS
from protocols.ncip.models.services import ALL_SERVICES, ONLY_VERSION_1, SERVICES
from protocols.ncip.problems.problem_lists import allowed
from protocols.ncip.settings import NcipSettings, Partner
from protocols.ncip.wire.dialects import VERSIONS, Dialect, version_with
from protocols.ncip.wire.version_1 import UNKNOWN_SERVICE
from tests.builders.circulation import a_library
from tests.protocols.ncip.asking import CASES, item, named, typed, user
from tests.protocols.ncip.furnishing import service
from tests.protocols.ncip.stage import Schemas, Stage, problem_types, service_of

FOLDER = Path(protocols.ncip.__file__).parent

PARTNER = Partner(
    "DK-710100",
    "DK-900101",
    "The other library",
    services=tuple(SERVICES),
    serves=("*",),
    sees_borrowers=True,
    lends_to="anybody",
)
DIALECTS = [Dialect(version, attribute) for version, attribute in VERSIONS.items()]


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    library = a_library(database, recall_days=7, recall_notice_days=3)
    stage = Stage(library, NcipSettings(partners=(PARTNER,)), schemas)
    yield stage
    stage.close()


def ask(stage: Stage, request: Any, dialect: Dialect) -> Any:
    """The answer; question and answer are valid, and of the same version and service."""
    question = encode(request, dialect)
    stage.schemas.check(question)
    answer = stage.schemas.check(stage.answer(question))
    assert service_of(answer) == type(request).__name__
    assert (answer.get("version") is not None) == dialect.is_version_1
    return answer


def spoken_in(dialect: Dialect) -> list[str]:
    """The services that the version has."""
    return [each for each in SERVICES if version_with(each, dialect.version) == dialect.version]


def test_every_service_is_in_every_table() -> None:
    assert set(SERVICES) == set(CASES)
    assert {kind.__name__ for kind in HANDLERS} == set(SERVICES)
    assert set(SERVICES) - ALL_SERVICES == ONLY_VERSION_1
    assert all(kind in LAYOUTS for kind in SERVICES.values())


def test_the_readme_says_what_happens_to_each() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (done|Unsupported Service) \| (.*?) ?\|$", readme, re.M)
    assert sorted(name for name, _, _ in rows) == sorted(ALL_SERVICES)
    for name, outcome, text in rows:
        assert (outcome == "done") == (name in SERVICES), name
        assert bool(text) or outcome != "done", name


def test_the_readme_has_a_line_for_every_module() -> None:
    table = (FOLDER / "README.md").read_text(encoding="utf-8").partition("## Services")[0]
    named = [name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in row.split(", ")]
    modules = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.py")]
    assert sorted(named) == sorted(f"`{name}`" for name in modules if "__init__" not in name)


def test_what_is_not_served_says_so(stage: Stage) -> None:
    for name in sorted(ALL_SERVICES - set(SERVICES)):
        answer = stage.ask(service(name))
        assert problem_types(answer) == ["Unsupported Service"], name


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: "{}.{}".format(*each.version))
def test_what_is_done(stage: Stage, dialect: Dialect) -> None:
    spoken = spoken_in(dialect)
    assert len(spoken) >= 31
    for name in spoken:
        for request in CASES[name](stage.library):
            request_service = type(request).__name__
            if request_service in spoken:
                answer = ask(stage, request, dialect)
            else:
                answer = ask(stage, request, DIALECTS[0])
            assert not problem_types(answer), (name, problem_types(answer))
            assert len(answer[0]) > 0 or name.startswith(("Item", "CirculationStatus"))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: "{}.{}".format(*each.version))
def test_what_is_refused(stage: Stage, dialect: Dialect) -> None:
    """The same of users, items and requests that do not exist."""
    unknown: dict[str, Any] = {
        "user_id": user("NOBODY"),
        "item_id": item("NOTHING"),
        "request_id": named("NEVER"),
        "agency_id": Code("DK-1"),
        "authentication_input": typed("NOBODY"),
    }
    for name in spoken_in(dialect):
        request = CASES[name](stage.library)[-1]
        changed: dict[str, Any] = {}
        for field in fields(request):
            now = getattr(request, field.name)
            if field.name in unknown and now not in (None, ()):
                is_many = isinstance(now, tuple) and field.name != "authentication_input"
                new = unknown[field.name]
                changed[field.name] = (new,) if is_many else new
        if name == "CreateItem":
            changed["circulation_status"] = Code("On Loan")
        elif name == "ItemShipped":  # what comes without a word before is expected from then on
            changed.update(request_id=None, item_id=item("NOTHING"))
        elif name == "CreateUser":
            changed["user_privilege"] = ()
        answer = ask(stage, replace(request, **changed), dialect)
        types = problem_types(answer)
        assert types, name
        said = {kind.value for kind in allowed(name)} | {UNKNOWN_SERVICE}
        assert said.issuperset(types), (name, types)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: "{}.{}".format(*each.version))
def test_what_is_asked_twice(stage: Stage, dialect: Dialect) -> None:
    """Of the three that must be done once, a repetition gets the same answer to the letter."""
    for name in ("AcceptItem", "RequestItem", "CheckOutItem"):
        (request,) = CASES[name](stage.library)
        question = encode(request, dialect)
        first = stage.answer(question)
        assert not problem_types(stage.schemas.check(first))
        stage.library.pass_time(minutes=10)
        assert stage.answer(question).decode() == first.decode()


@pytest.mark.parametrize("dialect", [DIALECTS[0], DIALECTS[-1]], ids=["2.02", "1.0"])
@pytest.mark.parametrize("damage", ["left out", "emptied"])
def test_no_element_that_is_missing_makes_a_service_fail(
    sqlite_url: str, schemas: Schemas, dialect: Dialect, damage: str
) -> None:
    """Each element of each request in turn: the answer is valid, and no failure of ours."""
    library = a_library(open_database(sqlite_url), recall_days=7, recall_notice_days=3)
    stage = Stage(library, NcipSettings(partners=(PARTNER,)), schemas)
    asked = 0
    for name in spoken_in(dialect):
        whole = encode(CASES[name](library)[-1], dialect)
        count = len(list(etree.fromstring(whole)[0].iter()))
        for number in range(1, count):
            root = etree.fromstring(whole)
            element = list(root[0].iter())[number]
            if damage == "emptied":
                element[:] = []
                element.text = None
            else:
                parent = element.getparent()
                assert parent is not None
                parent.remove(element)
            answer = schemas.check(stage.answer(etree.tostring(root)))
            assert "Temporary Processing Failure" not in problem_types(answer), (name, number)
            asked += 1
    assert asked > 400
    stage.close()
