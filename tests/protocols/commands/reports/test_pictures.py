"""`tiro statistics --plot`: pictures that any program shows, of figures, a day, a queue, a hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from protocols.commands.reports.pictures import hold_drawn, queue_drawn
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.staff import Staff

SVG = "{http://www.w3.org/2000/svg}"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def texts(svg: str | bytes) -> list[str]:
    return [each.text or "" for each in etree.fromstring(svg).iter(f"{SVG}text")]


def lengths(svg: str) -> list[tuple[str, float, float]]:
    """Of each bar its class, where it begins and how long it is."""
    found = etree.fromstring(svg).iter(f"{SVG}rect")
    told = [(each.get("class", ""), each.get("x"), each.get("width")) for each in found]
    return [(kind, float(x or 0), float(width or 0)) for kind, x, width in told if kind != "f0"]


def a_shown_hold(**fields: Any) -> dict[str, Any]:
    hold: dict[str, Any] = {
        "title": "Pan & Æbler",
        "state": "WAITING",
        "outcome": None,
        "pickup_branch": {"name": "Main library"},
        "placed": "2026-11-20T12:00:00Z",
        "interest_until": "2026-12-10",
        "paused_from": None,
        "paused_until": None,
        "number_in_queue": 2,
        "days": 5,
        "deadline": None,
    }
    return hold | fields


def test_a_hold_that_waits() -> None:
    drawn = hold_drawn(a_shown_hold(), NOW)
    assert texts(drawn)[:2] == ["Pan & Æbler", "placed 20 Nov 2026; waiting, number 2"]
    assert "about 5 Dec 2026" in texts(drawn)
    waited, expected, wanted = lengths(drawn)
    assert waited[2] == pytest.approx(520 * 10 / 20.5, rel=0.01)
    assert expected[1] == pytest.approx(waited[2], rel=0.01)
    assert wanted == ("f1", 0.0, 520.0)


def test_a_hold_on_the_shelf_and_one_that_was_paused() -> None:
    ready = a_shown_hold(state="READY", days=None, deadline="2026-12-05T22:59:59Z")
    assert [kind for kind, _, _ in lengths(hold_drawn(ready, NOW))] == ["f1", "f2", "f1"]
    late = hold_drawn(ready | {"deadline": "2026-11-29T22:59:59Z"}, NOW)
    assert "f3" in [kind for kind, _, _ in lengths(late)]
    paused = a_shown_hold(paused_from="2026-11-22", paused_until="2026-11-25")
    assert "22 Nov 2026 to 25 Nov 2026" in texts(hold_drawn(paused, NOW))


def test_a_hold_that_is_over_promises_nothing() -> None:
    closed = a_shown_hold(state="CLOSED", outcome="FULFILLED", days=None, number_in_queue=None)
    drawn = texts(hold_drawn(closed, NOW))
    assert drawn == ["Pan & Æbler", "placed 20 Nov 2026; fulfilled"]


def test_a_queue_names_nobody() -> None:
    lines = [
        {"hold": a_shown_hold(), "patron": {"name": "Ida Ørsted"}},
        {"hold": a_shown_hold(placed="2026-11-25T12:00:00Z", state="READY"), "patron": None},
    ]
    drawn = queue_drawn({"holds": lines}, NOW)
    assert "Ida" not in drawn
    (first, second) = lengths(drawn)
    assert (first[2], second[2]) == (520.0, 260.0)
    assert (first[0], second[0]) == ("f1", "f2")
    assert texts(queue_drawn({"holds": []}, NOW)) == []


def test_every_picture_is_a_file(staff: Staff, tmp_path: Path) -> None:
    library, path = staff.library, tmp_path / "picture.svg"
    card, item = a_patron(library), an_item(library, title="Øen")
    library.check_out(card, item)
    waiting = a_patron(library)
    a_hold(library, waiting, item)
    staff.run("jobs", "run", "statistics", "--date", f"{library.today}")
    hold = staff.json("hold", "list", waiting)["holds"][0]["id"]
    day = f"{library.today - timedelta(days=1)}"
    for words, told in (
        (("--from", day, "--by", "kind"), "checked out"),
        (("--day-of", "DK-900101"), "8"),
        (("--queue", "1"), "1. Hovedbiblioteket"),
        (("--hold", hold), "Øen"),
    ):
        done = staff.run("statistics", *words, "--plot", str(path))
        assert done.exit_code == 0, done.output
        assert told in texts(path.read_bytes()), words
        assert etree.parse(path).getroot().find(f"{SVG}style") is not None
        path.unlink()


def test_what_is_wrong_is_told(staff: Staff, tmp_path: Path) -> None:
    for words, told in (
        ((), "Missing option '--from'"),
        (("--queue", "1", "--hold", "2"), "one picture each"),
        (("--hold", "4711"), "no such"),
        (("--queue", "1", "--plot", str(tmp_path / "none" / "x.svg")), "cannot be written"),
    ):
        done = staff.run("statistics", *words)
        assert done.exit_code in (1, 2), done.output
        assert told in done.output
