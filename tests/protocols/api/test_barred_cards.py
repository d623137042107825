"""The cards that programs which lend off line fetch beforehand."""

from __future__ import annotations

from datetime import timedelta

from catalogue.database import Transaction
from circulation.kernel.reasons import BlockReason, IdentifierBlock
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import add_identifier, block_identifier
from circulation.patrons.kinds import IdentifierKind
from tests.builders.circulation import a_patron
from tests.builders.fees import number_of
from tests.protocols.api.stage import Stage


def test_page_by_page_with_what_bars_them(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    good, expired = a_patron(library), a_patron(library, expires=library.today - timedelta(days=1))
    barred, lost = a_patron(library), "OLD-1"
    numbers = {card: number_of(library, card) for card in (good, barred)}

    def work(transaction: Transaction) -> None:
        act = library.act(transaction)
        block_patron(act, numbers[barred], BlockReason.EXCLUDED)
        add_identifier(act, numbers[good], lost, IdentifierKind.CARD.value)
        block_identifier(act, lost, IdentifierBlock.LOST)

    library.write(work)
    whole = stage.ask("GET", "/lists/barred-cards", token=token).body["lines"]
    assert sorted((each["card"], each["why"]) for each in whole) == sorted(
        [(expired, "expired"), (barred, "barred"), (lost, "lost")]
    )
    found, path = [], "/lists/barred-cards?limit=1"
    while path:
        page = stage.ask("GET", path, token=token)
        found += page.body["lines"]
        path = page.headers.get("Link", "").partition(">")[0].removeprefix("</api/v1")
    assert found == whole


def test_a_cursor_that_is_none_of_ours(stage: Stage) -> None:
    token = stage.a_caller()
    for cursor in ("x", "WyJhXHUwMDAwIl0"):  # ["a\0"]
        path = f"/lists/barred-cards?cursor={cursor}"
        assert stage.ask("GET", path, token=token).status == 422
