"""Who is told of holdings, and from whom records are harvested: seen and done again by staff."""

from __future__ import annotations

import pytest

from circulation.harvesting.progress import register_sources, source_failed
from circulation.harvesting.rows import HarvestProblem, find_source, insert_problems
from circulation.holdings.progress import register_sinks
from circulation.kernel.rights import Reach, Right
from tests.protocols.api.stage import Stage

ASKED = "http://127.0.0.1:9/oai marcxchange"


@pytest.fixture
def token(stage: Stage) -> str:
    library = stage.library
    library.write(lambda t: register_sinks(t, {"well": ()}))
    library.write(lambda t: register_sources(t, {"national": ASKED}, library.now))
    return stage.a_caller(grants={Right.EXCHANGE_CATALOGUE: Reach(everywhere=True)})


def test_sinks_are_told_again(stage: Stage, token: str) -> None:
    [sink] = stage.ask("GET", "/sinks", token=token).body["sinks"]
    assert (sink["sink"], sink["refused"], sink["problem"]) == ("well", 0, "")
    again = stage.ask("POST", "/sinks/well/everything", token=token).body
    assert again["sink"] == "well"
    assert stage.ask("GET", "/sinks/well/refused", token=token).body == {
        "sink": "well",
        "refused": [],
    }
    told = stage.ask("POST", "/sinks/well/refused", token=token).body
    assert told == {"sink": "well", "records": 0}


def test_sources_are_harvested_when_somebody_wants_it(stage: Stage, token: str) -> None:
    library = stage.library
    library.write(lambda t: source_failed(library.act(t), "national", "it answers 500"))
    [source] = stage.ask("GET", "/harvests", token=token).body["sources"]
    assert (source["asked"], source["problem"]) == (ASKED, "it answers 500")
    assert source["next_try"] is not None
    told = stage.ask("POST", "/harvests/national", {"from_the_beginning": True}, token=token).body
    assert told["next_try"] is None
    row = library.read(lambda t: find_source(t, name="national"))
    assert row is not None
    assert row.is_wanted


def test_problems_are_listed(stage: Stage, token: str) -> None:
    row = HarvestProblem("national", "x:1", "needed", 7, "it has items (1)", stage.library.now)
    stage.library.write(lambda t: insert_problems(t, [row]))
    told = stage.ask("GET", "/harvests/national/problems", token=token).body
    [problem] = told["problems"]
    assert (problem["identifier"], problem["kind"], problem["record"]) == ("x:1", "needed", "7")


@pytest.mark.parametrize("name", ["nobody", "\u2603", "a" * 500])
def test_names_that_are_none(stage: Stage, token: str, name: str) -> None:
    for path in (f"/sinks/{name}/refused", f"/harvests/{name}/problems"):
        assert stage.ask("GET", path, token=token).status in (400, 404), path
    for path in (f"/sinks/{name}/everything", f"/sinks/{name}/refused", f"/harvests/{name}"):
        assert stage.ask("POST", path, {}, token=token).status in (400, 404, 422), path
