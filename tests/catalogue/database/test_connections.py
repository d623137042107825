"""Which host of a URL is meant, and for how long it is believed to be there."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from catalogue.database.connections import bounded, conninfo_of, place_of


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://tiro@a/tiro", None),
        ("postgresql:///tiro", None),
        ("postgresql://tiro@a,b:5433/tiro", "read-write"),
        ("postgresql:///tiro?host=/run/a,/run/b", "read-write"),
        ("postgresql://tiro@a,b/tiro?target_session_attrs=any", "any"),
        ("postgresql://tiro@a/tiro?target_session_attrs=primary", "primary"),
    ],
)
def test_of_several_hosts_the_one_that_takes_changes(url: str, wanted: str | None) -> None:
    assert conninfo_to_dict(conninfo_of(url)).get("target_session_attrs") == wanted


@pytest.mark.parametrize(
    ("hosts", "patience", "timeout"),
    [("a", 60.0, "10"), ("a", 1.0, "2"), ("a,b", 15.0, "8"), ("a,b,c", 15.0, "5")],
)
def test_all_hosts_are_tried_in_time(hosts: str, patience: float, timeout: str) -> None:
    told = conninfo_to_dict(bounded(f"postgresql://tiro@{hosts}/tiro", patience))
    assert told["connect_timeout"] == timeout
    assert told["tcp_user_timeout"] == str(round(patience * 1000))
    noticed = int(told["keepalives_idle"]) + 3 * int(told["keepalives_interval"])
    assert noticed <= max(4, patience + 1)


def test_what_the_url_says_holds() -> None:
    url = "postgresql://tiro@a,b/tiro?connect_timeout=3&keepalives_idle=60&sslmode=verify-full"
    told = conninfo_to_dict(bounded(url, 15.0))
    assert (told["connect_timeout"], told["keepalives_idle"]) == ("3", "60")
    assert told["sslmode"] == "verify-full"


def test_a_place_has_no_password() -> None:
    assert place_of("postgresql://tiro:sesame@a,b/library") == "library at a,b"
    assert place_of("postgresql:///library") == "library at this host"
