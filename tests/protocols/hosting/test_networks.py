"""Addresses and networks in configurations."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from protocols.hosting.access import Access
from protocols.hosting.networks import Network, is_within, narrowest


@pytest.mark.parametrize(
    ("networks", "host", "bits"),
    [
        (("192.0.2.0/24",), "192.0.2.7", 120),
        (("192.0.2.0/24", "192.0.2.7"), "192.0.2.7", 128),
        (("192.0.2.0/24",), "::ffff:192.0.2.7", 120),
        (("192.0.2.0/24",), "192.0.3.7", None),
        (("192.0.2.0/24",), "2001:db8::1", None),
        (("2001:db8::/32",), "2001:db8::1%eth0", 32),
        (("0.0.0.0/0",), "no address", None),
        ((), "192.0.2.7", None),
    ],
)
def test_the_narrowest_network(networks: tuple[str, ...], host: str, bits: int | None) -> None:
    assert narrowest(networks, host) == bits
    assert is_within(networks, host) is (bits is not None)


@pytest.mark.parametrize("text", ["", "192.0.2.1/24", "192.0.2.0/33", "library.example", "1"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="is no address and no network"):
        TypeAdapter(Network).validate_python(text)


def test_an_empty_list_admits_anybody() -> None:
    assert Access().admits("192.0.2.7")
    assert Access(allow=("192.0.2.0/24",)).admits("192.0.2.7")
    assert not Access(allow=("192.0.2.0/24",)).admits("192.0.3.7")
