"""What was scanned while the line was down is sent later: whatever it turns out to be, a row says
what happened, and nothing is taken back or lent because a code before it opened nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import pytest

from circulation.patrons.identifiers import IdentifierBlock, block_identifier
from protocols.api.operations.scanning import COMMANDS
from protocols.desk.assets import read_assets
from tests.builders.circulation import Library, a_patron, an_item
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import NAME, Stage
from tests.protocols.desk.test_line_down import KEPT

#: Keeps what it is given as the page does while the line is down; then the page begins anew.
KEEP: Final = """
const [kept, done] = arguments;
const script = document.querySelector("script[type=module]").src;
import(new URL("offline.js", script)).then((offline) => {
  kept.forEach(offline.keep);
  offline.keepOpen(kept[0].key, null, false);
  done();
});
"""


def lost(library: Library) -> str:
    card = a_patron(library)
    library.write(
        lambda transaction: block_identifier(library.act(transaction), card, IdentifierBlock.LOST)
    )
    return card


def both(library: Library) -> str:
    card = a_patron(library)
    return an_item(library, card)


#: What may be scanned, and for each what becomes of it and of an item that is scanned after it, in
#: the modes of the desk: in mode desk a patron is open before.
KINDS: Final[dict[str, tuple[Callable[[Library], str], dict[str, tuple[str, str]]]]] = {
    "an item": (
        an_item,
        {
            "desk": ("checked_out", "checked_out"),
            "return": ("checked_in", "checked_in"),
            "drop": ("checked_in", "checked_in"),
            "renew": ("refused", "refused"),
            "look": ("item", "item"),
        },
    ),
    "an item on loan to another": (
        lambda library: an_item(library, on_loan_to=a_patron(library)),
        {
            "desk": ("checked_out", "checked_out"),
            "return": ("checked_in", "checked_in"),
            "drop": ("checked_in", "checked_in"),
            "renew": ("renewed", "refused"),
            "look": ("item", "item"),
        },
    ),
    "a card": (
        a_patron,
        {
            "desk": ("patron", "checked_out"),
            "return": ("patron", "checked_in"),
            "drop": ("patron", "checked_in"),
            "renew": ("patron", "refused"),
            "look": ("patron", "item"),
        },
    ),
    "a lost card": (
        lost,
        {
            "desk": ("patron", "checked_out"),  # and a conflict
            "return": ("patron", "checked_in"),
            "drop": ("patron", "checked_in"),
            "renew": ("patron", "refused"),
            "look": ("patron", "item"),
        },
    ),
    "an item and a card": (
        both,
        {
            "desk": ("choice", "refused"),
            "return": ("choice", "checked_in"),
            "drop": ("choice", "checked_in"),
            "renew": ("choice", "refused"),
            "look": ("choice", "item"),
        },
    ),
    "an unknown code": (
        lambda library: f"999{library.number():06}",
        {
            "desk": ("nothing", "refused"),
            "return": ("nothing", "checked_in"),
            "drop": ("nothing", "checked_in"),
            "renew": ("nothing", "refused"),
            "look": ("nothing", "item"),
        },
    ),
    "a title": (
        lambda _: "9788700000018",
        {
            "desk": ("titles", "refused"),
            "return": ("titles", "checked_in"),
            "drop": ("titles", "checked_in"),
            "renew": ("titles", "refused"),
            "look": ("titles", "item"),
        },
    ),
    "words": (
        lambda _: "soil",
        {
            "desk": ("search", "refused"),
            "return": ("search", "checked_in"),
            "drop": ("search", "checked_in"),
            "renew": ("search", "refused"),
            "look": ("search", "item"),
        },
    ),
}
MODES: Final = ("desk", "return", "drop", "renew", "look")


def replay(desk: Desk, library: Library, mode: str, codes: list[str]) -> list[tuple[str, str]]:
    """The rows of a page that begins with these scans of an earlier one."""
    happened = library.now.isoformat()
    at = {"at": happened} if mode == "drop" else {}
    kept: list[dict[str, Any]] = [
        {
            "key": f"{mode}-{library.number()}",
            "account": f"staff:{NAME}",
            "text": each,
            "mode": mode,
            "happened": happened,
        }
        | at
        for each in codes
    ]
    desk.browser.execute_async_script(KEEP, kept)
    end = monotonic() + 20
    while desk.browser.execute_async_script(KEPT)["number"] < len(kept):
        assert monotonic() < end
        sleep(0.05)
    desk.browser.refresh()
    desk.wait("body[data-ready]")
    return desk.outcomes(len(codes))


@pytest.mark.parametrize("mode", MODES)
def test_whatever_it_is_a_row_says_what_happened(mode: str, desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card = a_patron(library)
        expected: list[tuple[str, str]] = []
        untouched: list[str] = []
        for make, modes in KINDS.values():
            code, after = make(library), an_item(library)
            if mode == "desk":
                expected.append((card, "patron"))
            expected += [(code, modes[mode][0]), (after, modes[mode][1])]
            if modes[mode][1] in ("refused", "item"):
                untouched.append(after)
        rows = replay(desk, library, mode, [code for code, _ in expected])
        assert rows == expected
        for item in untouched:
            assert library.events_of(item) == [], item
    assert desk.browser.execute_async_script(KEPT)["number"] == 0


def test_what_was_lent_on_a_lost_card_is_a_conflict(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card, item = lost(library), an_item(library)
        replay(desk, library, "desk", [card, item])
        [lent] = library.events_of(item)
    assert lent.after["overridden"] == ["CARD_REPORTED_LOST"]
    desk.says('[data-part="patron"]', f"Card {card}: Reported lost")


def test_every_mode_is_said_of_every_kind() -> None:
    script = (Path(__file__).parents[3] / "protocols/desk/static/state.js").read_text()
    assert all(f'"{mode}"' in script for mode in MODES)
    assert all(tuple(modes) == MODES for _, modes in KINDS.values())


def test_what_is_nobodys_is_lent_when_its_patron_is_open(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card, item = a_patron(library), an_item(library)
        replay(desk, library, "desk", ["999000112", item])
    assert desk.text('[data-part="label"]') == "Whose turn?"
    desk.click(f'[data-code="{item}"]')
    press = f'[data-code="{item}"] .acts button:last-of-type'
    desk.click(press)
    desk.says('[data-part="said"]', "Open the patron first")
    desk.scan(card)
    desk.outcomes(3)
    desk.click(press)
    assert desk.outcomes(4)[-1] == (item, "checked_out")


def test_the_page_knows_the_same_commands_as_the_server() -> None:
    script = read_assets().files["acts.js"].plain.decode()
    block = script.split("const COMMANDS = ")[1].split(";")[0]
    lines = [each.strip().split(": ") for each in block.strip("{}\n ").split(",") if each.strip()]
    assert {name: json.loads(word) for name, word in lines} == COMMANDS
