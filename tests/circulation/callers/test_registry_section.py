"""Registries of partners in the text of a set-up."""

from __future__ import annotations

import pytest

from catalogue.database import Database, Transaction
from circulation.callers.partners import PARTNERS
from circulation.callers.registries import RegisteredPartner, all_registries, store_registered
from circulation.kernel.set_up import read_set_up
from circulation.setting_up.reading import read
from protocols.hosting.standard import option_checks
from tests.circulation.setting_up.test_applying import apply
from tests.circulation.setting_up.test_reading import GOOD

VIP = """
[partner_registries.VIP]
file = "/var/lib/tiro/vip.csv"
branch = "DK-900101"
protocol = "iso18626"
version = "1.2"
"""


def problems(text: str) -> list[str]:
    return [each.text for each in read(GOOD + text, option_checks()).problems]


def test_it_is_stored_and_there_is_nothing_to_do_then(database: Database) -> None:
    apply(database, GOOD + VIP)
    assert apply(database, GOOD + VIP) == []
    [registry] = database.read(lambda transaction: all_registries(transaction)).result()
    assert (registry.code, registry.file) == ("VIP", "/var/lib/tiro/vip.csv")
    assert registry.options == {"protocol": "iso18626", "version": "1.2"}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("/var/lib/tiro/", "", "whole path of a file"),
        ('version = "1.2"', 'version = "3"', "version"),
        ('version = "1.2"', 'address = "https://x.example"', "what the file of the registry says"),
        ('version = "1.2"', 'registry = "VIP"', "what the file of the registry says"),
        ('version = "1.2"', 'shared_secret = "plain"', "shared_secret"),
        ("DK-900101", "DK-1", 'there is no branch "DK-1"'),
    ],
)
def test_what_is_wrong_with_it(old: str, new: str, problem: str) -> None:
    assert problems(VIP) == []
    assert any(problem in each for each in problems(VIP.replace(old, new)))


def test_a_partner_names_a_registry_that_is_there() -> None:
    partner = (
        '[partners.X]\nbranch = "DK-900101"\nprotocol = "iso18626"\nname = "X"\nregistry = "VIP"\n'
    )
    assert problems(VIP + partner) == []
    assert problems(partner) == ['partner X: there is no partner registry "VIP"']


def test_its_partners_go_with_it_and_stay_with_a_change(database: Database) -> None:
    partner = RegisteredPartner("x", "X", "VIP", "X", "https://x.example", "", "", False, None)
    apply(database, GOOD + VIP)
    database.write(lambda transaction: store_registered(transaction, partner)).result()

    def known(transaction: Transaction) -> list[str]:
        return [*PARTNERS.of(read_set_up(transaction))]

    changed = VIP.replace("1.2", "2021-2")
    apply(database, GOOD + changed)
    assert database.read(known).result() == ["x"]
    apply(database, GOOD)
    assert database.read(known).result() == []
    apply(database, GOOD + VIP)
    assert database.read(known).result() == []


def test_no_secret_is_among_the_changes(database: Database) -> None:
    partner = '[partners.X]\nbranch = "DK-900101"\nname = "X"\naddress_secret = "open sesame"\n'
    changes = apply(database, GOOD + partner)
    assert "open sesame" not in repr([str(each) for each in changes])
