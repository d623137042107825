"""Registries taken in: who is a partner then, and what of those that are gone."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import Database, Transaction
from circulation.callers.partners import PARTNERS, Partner, store_partner
from circulation.callers.registries import PartnerRegistry, store_registry
from circulation.callers.registry_files import read_registry
from circulation.callers.taking_registries import (
    Taken,
    TakenAll,
    TooShort,
    take_all,
    take_registry,
)
from circulation.interlending.asking import Wish, ask
from circulation.kernel.act import Act
from circulation.kernel.results import UNATTENDED
from circulation.kernel.schema import events
from circulation.kernel.set_up import set_up_changed
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.tables import rows_of

SECRET = "a secret of the registry"


@pytest.fixture
def library(database: Database) -> Library:
    library = a_library(database)
    a_registry(library)
    return library


def a_registry(library: Library, code: str = "VIP", file: str = "", **options: Any) -> None:
    agreed = {"protocol": "iso18626", "takes_requests": True} | options

    def work(transaction: Transaction) -> None:
        store_registry(transaction, PartnerRegistry(code, file, library.main.id, agreed))
        set_up_changed(transaction)

    library.write(work)


def csv_of(*numbers: int, closed: str = "", secret: str = SECRET) -> str:
    rows = [
        f"DK-7{number:05},Bibliotek {number},https://ill{number}.example.org,900100,{secret},{closed}"
        for number in numbers
    ]
    return "\n".join(["isil,name,address,account,secret,closed", *rows])


def act_of(library: Library, transaction: Transaction) -> Act:
    return Act(transaction, library.circulation, UNATTENDED, library.now)


def take(library: Library, text: str, code: str = "VIP", **options: Any) -> Taken:
    def work(transaction: Transaction) -> Taken:
        registry = PartnerRegistry(code, "", library.main.id, {})
        found = read_registry(text.encode())
        return take_registry(act_of(library, transaction), registry, found, **options)

    return library.write(work)


def partners(library: Library) -> dict[str, Partner]:
    return library.write(
        lambda transaction: PARTNERS.of(library.circulation.current_set_up(transaction))
    )


def told(library: Library) -> str:
    return repr(library.write(rows_of(events, events.c.id)))


def test_they_are_partners_with_what_is_agreed(library: Library) -> None:
    assert take(library, csv_of(1, 2)).added == ["DK-700001", "DK-700002"]
    first = partners(library)["dk-700001"]
    assert (first.agency, first.name, first.protocol) == ("DK-700001", "Bibliotek 1", "iso18626")
    assert first.branch_id == library.main.id
    assert dict(first.options) == {
        "protocol": "iso18626",
        "takes_requests": True,
        "address": "https://ill1.example.org",
        "address_user": "900100",
        "address_secret": SECRET,
    }


def test_the_same_file_again_changes_nothing(library: Library) -> None:
    take(library, csv_of(1, 2))
    before = library.write(lambda transaction: library.circulation.current_set_up(transaction))
    again = take(library, csv_of(1, 2))
    assert (again.same, again.added, again.changed) == (2, [], [])
    after = library.write(lambda transaction: library.circulation.current_set_up(transaction))
    assert after.version == before.version


def test_what_has_changed_holds_at_once(library: Library) -> None:
    take(library, csv_of(1, 2))
    assert take(library, csv_of(1, 2, closed="yes")).changed == ["DK-700001", "DK-700002"]
    first = partners(library)["dk-700001"]
    assert first.options["closed_for_orders"] is True
    assert first.options["address"] == "https://ill1.example.org"  # for what is under way
    take(library, csv_of(1, 2, secret="another"))
    assert partners(library)["dk-700001"].options["address_secret"] == "another"
    assert "closed_for_orders" not in partners(library)["dk-700001"].options


def test_no_secret_is_told(library: Library) -> None:
    take(library, csv_of(1))
    take(library, csv_of(1, secret="another one of them"))
    said = told(library)
    assert "partner DK-700001 of the registry VIP: changed" in said
    assert SECRET not in said
    assert "another" not in said


def test_library_toml_is_not_overwritten_unless_it_says_so(library: Library) -> None:
    def stated(**options: Any) -> None:
        def work(transaction: Transaction) -> None:
            store_partner(
                transaction,
                agency="DK-700001",
                name="Ours",
                branch_id=library.other.id,
                options={"protocol": "iso18626", "takes_requests": True} | options,
            )
            set_up_changed(transaction)

        library.write(work)

    stated(address="https://stated.example.org")
    assert take(library, csv_of(1, 2)).ours == ["DK-700001"]
    found = partners(library)["dk-700001"]
    assert (found.name, found.options["address"]) == ("Ours", "https://stated.example.org")
    stated(registry="another")
    assert "address" not in partners(library)["dk-700001"].options
    stated(registry="VIP")
    found = partners(library)["dk-700001"]
    assert (found.name, found.branch_id) == ("Ours", library.other.id)
    assert found.options["address"] == "https://ill1.example.org"
    take(library, csv_of(1, 2, closed="ja"))
    assert partners(library)["dk-700001"].options["closed_for_orders"] is True


def test_who_is_gone_is_removed_or_kept_for_what_is_under_way(library: Library) -> None:
    take(library, csv_of(1, 2, 3))
    card = a_patron(library)
    library.write(
        lambda transaction: ask(
            library.act(transaction), patron=card, wish=Wish(title="X"), partner="DK-700001"
        )
    )
    done = take(library, csv_of(3), may_be_shorter=True)
    assert (done.gone, done.removed) == (["DK-700001"], ["DK-700002"])
    found = partners(library)
    assert sorted(found) == ["dk-700001", "dk-700003"]
    assert found["dk-700001"].options["closed_for_orders"] is True
    assert found["dk-700001"].options["address"]
    # One that is there again is a partner as before, and it counts no more as missing.
    assert take(library, csv_of(1, 3)).added == ["DK-700001"]
    assert "closed_for_orders" not in partners(library)["dk-700001"].options


def test_a_short_file_stops(library: Library) -> None:
    take(library, csv_of(*range(200)))
    with pytest.raises(TooShort, match="197 libraries that can be used, where 200 were"):
        take(library, csv_of(*range(197)))
    assert len(partners(library)) == 200
    assert len(take(library, csv_of(*range(198))).removed) == 2
    with pytest.raises(TooShort):
        take(library, csv_of())


def test_a_row_that_is_set_aside_keeps_its_partner(library: Library) -> None:
    take(library, csv_of(*range(200)))
    broken = csv_of(*range(200)).replace("https://ill7.example.org", "ill7")
    done = take(library, broken)
    assert [each.isil for each in done.set_aside] == ["DK-700007"]
    assert (done.removed, len(partners(library))) == ([], 200)
    # Nobody knows whose row it is: nobody is gone.
    unnamed = csv_of(*range(199)).replace("DK-700007", "")
    assert take(library, unnamed).removed == []
    assert len(partners(library)) == 200


def test_ourselves_and_those_of_another_registry_are_set_aside(library: Library) -> None:
    a_registry(library, "LASSE")
    take(library, csv_of(1))
    text = csv_of(1, 2).replace("DK-700002", library.main.isil)
    assert [each.reason for each in take(library, text, "LASSE").set_aside] == [
        "stands in the registry VIP",
        "is one of ours",
    ]
    assert list(partners(library)) == ["dk-700001"]


def test_the_job_takes_files_and_tells_the_log_what_it_could_not(
    library: Library, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "vip.csv"
    a_registry(library, file=str(path))

    def run() -> TakenAll:
        return library.write(lambda transaction: take_all(act_of(library, transaction)))

    with caplog.at_level(logging.ERROR):
        assert run() == TakenAll(refused=1)
    assert "the registry VIP was not taken in: there is no such file" in caplog.text
    path.write_text(csv_of(1, 2), encoding="utf-8")
    assert run() == TakenAll(added=2)
    path.write_text(csv_of(1), encoding="utf-8")
    assert run() == TakenAll(refused=1)
    assert len(partners(library)) == 2
    assert SECRET not in caplog.text
