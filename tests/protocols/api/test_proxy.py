"""The proxy that stands before this library, over the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from circulation.kernel.rights import Reach, Right
from protocols.hosting.proxy_control import PROXY
from tests.protocols.api.stage import Stage
from tests.protocols.proxy.serving import OUT, ask, proxy
from tests.protocols.proxy.systems import DATE
from tests.protocols.proxy.test_two_systems import Two, two, until

__all__ = ["two"]

EVERYWHERE = {right: Reach(everywhere=True) for right in (Right.OPERATE, Right.EDIT_RULES)}
NOT_READY = {"terminals": ["kiosk-1"], "mode": "new with write-back", "why": "our turn"}
WISH = NOT_READY | {"despite_readiness": "a test"}


@pytest.fixture
def token(stage: Stage) -> str:
    return stage.a_caller(grants=EVERYWHERE)


def stands_before(stage: Stage, folder: Path) -> None:
    PROXY.put(stage.services.circulation, folder / "journal")


def test_where_no_proxy_stands_or_answers(stage: Stage, token: str, tmp_path: Path) -> None:
    shown = stage.ask("GET", "/proxy", token=token)
    assert (shown.status, shown.body["is_there"], shown.body["terminals"]) == (200, False, [])
    assert stage.ask("PUT", "/proxy/modes", WISH, token=token, key=None).status == 404
    stands_before(stage, tmp_path)
    assert stage.ask("GET", "/proxy", token=token).status == 503


def test_it_is_shown_and_terminals_are_flipped(stage: Stage, token: str, two: Two) -> None:
    two.settings("shadow", "old")
    stands_before(stage, two.folder)
    with proxy(two.folder) as running:
        two.new.pins["P9"] = ""
        ask(running.terminal(), OUT.replace(b"AAP1", b"AAP9"))
        until(lambda: len(running.records("judged")) == 1)
        first = stage.ask("GET", "/proxy", token=token)
        assert (first.status, first.body["is_counting"]) == (200, True), first.body
        until(lambda: not stage.ask("GET", "/proxy", token=token).body["is_counting"], 60.0)
        shown = stage.ask("GET", "/proxy", token=token).body
        assert [(each["system"], each["is_down"]) for each in shown["systems"]] == [
            ("old", False),
            ("new", False),
        ]
        pattern = shown["patterns"][0]
        assert (pattern["message"], pattern["count"], pattern["accepted"]) == ("11", 1, "")
        gates = {each["branch"]: each for each in shown["gates"]}
        against = [
            (each["code"], each["count"], each["of"]) for each in gates["DK-900101"]["against"]
        ]
        assert ("DAYS", 1, 14) in against
        unready = stage.ask("PUT", "/proxy/modes", NOT_READY, token=token, key=None)
        assert unready.status == 409
        assert "DK-900101 is not ready: judged on 1 days" in unready.body["detail"]
        flipped = stage.ask("PUT", "/proxy/modes", WISH, token=token, key=None)
        assert flipped.body["terminals"] == [
            {"login": "kiosk-1", "branch": "DK-900101", "mode": "new with write-back"}
        ]
        record = running.records("flip")[0]
        assert (record["why"], record["despite"]) == ("our turn", "a test")
        assert record["who"].startswith(token)
        wrong = WISH | {"terminals": ["kiosk-1", "kiosk-9"], "mode": "old"}
        refused = stage.ask("PUT", "/proxy/modes", wrong, token=token, key=None)
        assert (refused.status, len(running.records("flip"))) == (409, 1)
        assert "kiosk-9" in refused.body["detail"]


def test_what_could_not_be_told_is_settled(stage: Stage, token: str, two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.drops_after = frozenset({"37"})
    stands_before(stage, two.folder)
    pay = f"37{DATE}0101DKKBV20.50|AOOLD|AAP1|AC|AD1234|BK77|".encode()
    with proxy(two.folder) as running:
        ask(running.terminal(), pay)
        until(lambda: stage.ask("GET", "/proxy", token=token).body["number_for_a_person"] == 1)
        shown = stage.ask("GET", "/proxy", token=token)
        assert shown.body["can_go_back"] is False
        (task,) = shown.body["for_a_person"]
        assert "P1" not in str(shown.body), "whom it is about is for who may see patrons"
        danish = stage.ask("GET", "/proxy", token=token, headers={"accept-language": "da"})
        assert danish.body["for_a_person"][0]["why"].startswith(
            "betalingen blev sendt, og systemet"
        )
        path = f"/proxy/for-a-person/{task['request']}"
        said = {"why": "It was taken."}
        assert stage.ask("PUT", path, said, token=token, key=None).status == 204
        assert stage.ask("PUT", path, said, token=token, key=None).status == 404
        assert stage.ask("PUT", "/proxy/for-a-person/x", said, token=token, key=None).status == 404


def test_what_differs_is_shown_in_words_and_compared_on_request(
    stage: Stage, token: str, two: Two
) -> None:
    two.settings("new with write-back")
    two.old.habits.knows_no_block = False
    path = two.folder / "proxy.toml"
    path.write_text(path.read_text() + '[reconcile]\nrequests_per_second = 400\nhours = ""\n')
    stands_before(stage, two.folder)
    two.old.lends_until = "20261221    235900"
    with proxy(two.folder) as running:
        ask(running.terminal(), OUT)

        def unequal(language: str = "en") -> dict[str, Any]:
            headers = {"accept-language": language}
            shown = stage.ask("GET", "/proxy", token=token, headers=headers)
            found: dict[str, Any] = shown.body["unequal"]
            return found

        until(lambda: unequal()["number"] == 1)
        (row,) = unequal()["rows"]
        assert (row["item"], row["old"]) == ("I1", "on loan until 2026-12-21")
        assert row["errand"] == "set the due date in the old system"
        assert unequal("da")["rows"][0]["new"] == "udlånt til 2026-12-23"
        assert unequal()["branches"] == [{"branch": "DK-900101", "number": 1}]
        two.old.loans["I1"] = "P1", "20261223    235900"
        wish = {"branch": "DK-900101"}
        asked = stage.ask("PUT", "/proxy/reconciliation", wish, token=token, key=None)
        assert (asked.status, asked.body) == (200, {"compares": 1})
        until(lambda: unequal()["number"] == 0 and not unequal()["is_comparing"])
        assert unequal()["ended"]
        wrong = {"branch": "DK-1"}
        assert stage.ask("PUT", "/proxy/reconciliation", wrong, token=token, key=None).status == 409


def test_who_may_see_it_may_not_flip(stage: Stage, two: Two) -> None:
    stands_before(stage, two.folder)
    operator = stage.a_caller(grants={Right.OPERATE: Reach(everywhere=True)})
    of_one = stage.a_caller(Right.OPERATE, Right.EDIT_RULES)
    for token in (operator, of_one):
        assert stage.ask("PUT", "/proxy/modes", WISH, token=token, key=None).status == 403
    assert stage.ask("GET", "/proxy", token=of_one).status == 403
