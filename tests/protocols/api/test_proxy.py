"""The proxy that stands before this library, over the API."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from catalogue.database import Statement, columns, many
from circulation.kernel.rights import Reach, Right
from circulation.staff.lookup_log import lookups
from protocols.hosting.proxy_control import PROXY
from tests.builders.circulation import a_patron, an_item
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


class _Noted(NamedTuple):
    actor: str
    what: str
    hits: int | None


@many(_Noted)
def _noted() -> Statement:
    """Return who has looked at what, and at how many."""
    return select(*columns(_Noted, lookups)).order_by(lookups.c.id)


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


def compares(two: Two) -> None:
    """Let the proxy compare quickly, and not by itself at night."""
    path = two.folder / "proxy.toml"
    path.write_text(path.read_text() + '[reconcile]\nrequests_per_second = 400\nhours = ""\n')


def test_what_differs_is_shown_in_words_and_compared_on_request(
    stage: Stage, token: str, two: Two
) -> None:
    two.settings("new with write-back")
    two.old.habits.knows_no_block = False
    compares(two)
    stands_before(stage, two.folder)
    two.old.lends_until = "20261221    235900"
    an_item(stage.library, "I1", title="Rejsen til Kina")
    with proxy(two.folder) as running:
        ask(running.terminal(), OUT)

        def unequal(language: str = "en", query: str = "") -> dict[str, Any]:
            headers = {"accept-language": language}
            shown = stage.ask("GET", f"/proxy/unequal{query}", token=token, headers=headers)
            assert shown.status == 200, shown.body
            found: dict[str, Any] = shown.body
            return found

        until(lambda: unequal()["number"] == 1)
        (row,) = unequal()["lines"]
        assert (row["item"], row["title"]) == ("I1", "Rejsen til Kina")
        assert (row["old"], row["errand"]) == ("on loan until 2026-12-21", "DUE_DATE")
        assert unequal("da")["lines"][0]["new"] == "udlånt til 2026-12-23"
        assert unequal()["branches"] == [{"branch": "DK-900101", "number": 1}]
        assert unequal()["errands"] == [
            {"errand": "DUE_DATE", "text": "set the due date in the old system", "number": 1}
        ]
        assert unequal(query="?branch=DK-900101&errand=DUE_DATE&find=i1")["number"] == 1
        for query in ("?branch=", "?errand=ITEM", "?find=I2"):
            assert unequal(query=query)["lines"] == []
        cursor = stage.ask("GET", "/proxy/unequal?cursor=WyIxIl0", token=token)
        assert (cursor.status, cursor.body["errors"][0]["field"]) == (422, "cursor")
        two.old.loans["I1"] = "P1", "20261223    235900"
        wish = {"branch": "DK-900101"}
        asked = stage.ask("PUT", "/proxy/reconciliation", wish, token=token, key=None)
        assert (asked.status, asked.body) == (200, {"compares": 1})

        def state() -> dict[str, Any]:
            found: dict[str, Any] = stage.ask("GET", "/proxy", token=token).body["unequal"]
            return found

        until(lambda: state()["number"] == 0 and not state()["is_comparing"])
        assert state()["ended"]
        wrong = {"branch": "DK-1"}
        assert stage.ask("PUT", "/proxy/reconciliation", wrong, token=token, key=None).status == 409


def test_a_patron_who_differs_is_named_to_who_may_see_patrons(
    stage: Stage, token: str, two: Two
) -> None:
    two.settings("new with write-back")
    compares(two)
    stands_before(stage, two.folder)
    a_patron(stage.library, "P1", given_name="Anna", family_name="Holm")
    two.old.owes, two.new.owes = {"P1": Decimal("20.50")}, {}
    sees = {Right.OPERATE: Reach(everywhere=True), Right.VIEW_PATRONS: Reach(everywhere=True)}
    seeing = stage.a_caller(grants=sees)
    with proxy(two.folder) as running:
        ask(running.terminal(), OUT)

        def lines(caller: str, query: str = "") -> list[dict[str, Any]]:
            shown = stage.ask("GET", f"/proxy/unequal{query}", token=caller)
            assert shown.status == 200, shown.body
            found: list[dict[str, Any]] = shown.body["lines"]
            return found

        asked = stage.ask("PUT", "/proxy/reconciliation", {}, token=token, key=None)
        assert asked.status == 200, asked.body
        until(lambda: any(each["subject"] == "patron" for each in running.records("compared")))
        (hidden,) = (each for each in lines(token) if not each["item"])
        assert hidden["patron"] is None
        assert "P1" not in str(hidden)
        assert lines(token, "?find=P1") == []
        (named,) = lines(seeing, "?find=P1")
        assert (named["patron"]["name"], named["patron"]["card"]) == ("Anna Holm", "P1")
        assert stage.library.read(_noted)[-1] == (seeing, "list", 1)


def test_who_may_see_it_may_not_flip(stage: Stage, two: Two) -> None:
    stands_before(stage, two.folder)
    operator = stage.a_caller(grants={Right.OPERATE: Reach(everywhere=True)})
    of_one = stage.a_caller(Right.OPERATE, Right.EDIT_RULES)
    for token in (operator, of_one):
        assert stage.ask("PUT", "/proxy/modes", WISH, token=token, key=None).status == 403
    assert stage.ask("GET", "/proxy", token=of_one).status == 403
